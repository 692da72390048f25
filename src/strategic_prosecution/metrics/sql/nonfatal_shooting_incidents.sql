-- grain: one fact per incident with people hit by gunfire of whom none is known to have died
select incident_id as unit_id, shooting_ids as records, occurred_date as event_date, 1 as numerator, area_id
from temp.shooting_incident_facts
where killed = 0
