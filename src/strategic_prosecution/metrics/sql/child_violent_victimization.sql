-- grain: one fact per case of violence filed with a victim under 18
select
    c.case_id as unit_id,
    c.filed_date as event_date,
    1 as numerator,
    c.offense_category
from temp.case_facts as c
where c.offense_category in ('homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault')
  and exists (select 1 from core.victims as v where v.case_id = c.case_id and v.age < 18)
