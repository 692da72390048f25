-- grain: one fact per stop
select s.stop_id as unit_id, s.stop_date as event_date, 1 as numerator, pa.area_id, s.race_ethnicity
from core.stops as s
left join core.place_areas as pa on pa.place_id = s.place_id and pa.layer = $layer
