-- grain: one fact per stop known to be with or without a search; numerator = 1 if with one
select
    s.stop_id as unit_id,
    s.stop_date as event_date,
    s.is_search::bigint as numerator,
    1 as denominator,
    pa.area_id,
    s.race_ethnicity
from core.stops as s
left join core.place_areas as pa on pa.place_id = s.place_id and pa.layer = $layer
where s.is_search is not null
