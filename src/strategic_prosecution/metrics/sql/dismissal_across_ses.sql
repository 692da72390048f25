-- grain: one fact per case of an offense against persons whose outcome counts, by the income of the place;
-- numerator = 1 if dismissed
select
    case_id as unit_id,
    records,
    filed_date as event_date,
    (kind = 'dismissed')::bigint as numerator,
    1 as denominator,
    income_quintile_of_place as income_quintile
from temp.case_fates
where is_counted
  and offense_category in (
      'homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault', 'simple_assault'
  )
