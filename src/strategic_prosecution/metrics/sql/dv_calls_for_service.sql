-- grain: one fact per reported domestic incident not found to be unfounded; residents come from core.population
select incident_id as unit_id, occurred_date as event_date, 1 as numerator
from temp.incident_facts
where is_domestic and is_founded
