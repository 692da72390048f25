-- grain: one fact per disposed case; numerator = days from filing to disposition
select case_id as unit_id, disposition_date as event_date, clock_days as numerator, 1 as denominator, unnest(dimensions)
from temp.case_facts
where disposition_date is not null and clock_days >= 0
