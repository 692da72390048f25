-- grain: one fact per disposed felony case; duration_days = days from filing to disposition
select case_id as unit_id, disposition_date as event_date, clock_days as duration_days, unnest(dimensions)
from temp.case_facts
where disposition_date is not null and clock_days >= 0 and severity = 'felony'
