-- grain: one fact per victim of a case of violence
select v.victim_id as unit_id, c.filed_date as event_date, 1 as numerator, v.race_ethnicity
from core.victims as v
inner join temp.case_facts as c on c.case_id = v.case_id
where c.is_violent
