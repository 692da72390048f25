-- grain: one fact per case disposed, and one per attorney and month
select case_id as unit_id, [case_id] as records, disposition_date as event_date, 1 as numerator, 0 as denominator
from temp.case_facts
where disposition_date is not null and filed_date is not null
union all
select staff_id, [], day, 0, 1
from temp.attorney_months
