-- grain: one fact per case disposed by a guilty plea on its top charge
select case_id as unit_id, disposition_date as event_date, 1 as numerator, unnest(dimensions)
from temp.case_facts
where disposition  = 'guilty_plea'
