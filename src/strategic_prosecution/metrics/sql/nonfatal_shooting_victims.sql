-- grain: one fact per person hit by gunfire with criminal or unknown intent who is not known to have died
select shooting_id as unit_id, occurred_date as event_date, 1 as numerator, area_id, race_ethnicity
from temp.shooting_facts
where is_fatal is not true
