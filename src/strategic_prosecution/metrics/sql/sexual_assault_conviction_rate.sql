-- grain: one fact per sexual-assault case as first filed whose outcome counts; numerator = 1 if convicted
select
    case_id as unit_id,
    records,
    filed_date as event_date,
    (is_convicted)::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_fates
where is_counted and offense_category = 'sexual_assault'
