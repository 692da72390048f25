-- grain: one fact per violent incident not found to be unfounded; numerator = 1 if cleared exceptionally by as_of
select
    incident_id as unit_id,
    occurred_date as event_date,
    (clearance_status is not distinct from 'exceptional')::bigint as numerator,
    1 as denominator,
    area_id,
    offense_category
from temp.incident_facts
where is_violent and is_founded
