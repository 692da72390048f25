-- grain: one fact per arrest for a nonviolent misdemeanor of a known kind; numerator = 1 if by citation or summons
select
    arrest_id as unit_id,
    arrest_date as event_date,
    (arrest_type <> 'custodial')::bigint as numerator,
    1 as denominator,
    area_id,
    residence_area,
    race_ethnicity
from temp.arrest_facts
where severity = 'misdemeanor'
  and arrest_type in ('custodial', 'citation', 'summons')
  and offense_category not in (
      'homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault', 'simple_assault',
      'unknown', 'unmapped'
  )
