-- grain: one fact per incident not found to be unfounded; residents come from core.population
select incident_id as unit_id, occurred_date as event_date, 1 as numerator, offense_category
from temp.incident_facts
where is_founded
