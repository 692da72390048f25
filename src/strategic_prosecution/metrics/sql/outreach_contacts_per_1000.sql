-- grain: one fact per contact in a neighborhood; residents of the area it was in come from core.population
select outreach_id as unit_id, outreach_date as event_date, 1 as numerator, area_id as residence_area
from temp.outreach_facts
where is_in_neighborhood
