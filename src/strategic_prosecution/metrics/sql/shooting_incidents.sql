-- grain: one fact per incident with a person hit by gunfire with criminal or unknown intent
select incident_id as unit_id, shooting_ids as records, occurred_date as event_date, 1 as numerator, area_id
from temp.shooting_incident_facts
