-- grain: one fact per violent incident by its day, and one more by the day it was cleared exceptionally
select incident_id as unit_id, occurred_date as event_date, 0 as numerator, 1 as denominator, area_id, offense_category
from temp.incident_facts
where is_violent and is_founded
union all
select incident_id, cleared_date, 1, 0, area_id, offense_category
from temp.incident_facts
where is_violent and clearance_status = 'exceptional'
