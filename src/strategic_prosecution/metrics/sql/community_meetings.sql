-- grain: one fact per meeting with residents
select outreach_id as unit_id, outreach_date as event_date, 1 as numerator, area_id
from temp.outreach_facts
where outreach_type = 'community_meeting'
