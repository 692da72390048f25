-- grain: one fact per reported domestic incident of which injury is recorded; numerator = 1 if somebody was hurt
select
    incident_id as unit_id,
    occurred_date as event_date,
    (injury <> 'none')::bigint as numerator,
    1 as denominator,
    area_id
from temp.incident_facts
where is_domestic and is_founded and injury in ('fatal', 'serious', 'minor', 'none')
