-- grain: one fact per violent incident not found to be unfounded
select incident_id as unit_id, occurred_date as event_date, 1 as numerator, area_id, offense_category
from temp.incident_facts
where is_violent and is_founded
