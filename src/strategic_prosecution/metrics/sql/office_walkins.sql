-- grain: one fact per entry of a walk-in
select outreach_id as unit_id, outreach_date as event_date, 1 as numerator
from temp.outreach_facts
where outreach_type = 'walk_in'
