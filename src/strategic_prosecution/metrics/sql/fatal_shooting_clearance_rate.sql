-- grain: one fact per person hit by gunfire who died, of a known incident; numerator = 1 if cleared by arrest
select
    s.shooting_id as unit_id,
    s.occurred_date as event_date,
    (i.clearance_status is not distinct from 'arrest')::bigint as numerator,
    1 as denominator,
    s.area_id,
    s.race_ethnicity
from temp.shooting_facts as s
inner join temp.incident_facts as i on i.incident_id = s.incident_id and i.is_founded
where s.is_fatal
