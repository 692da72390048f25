-- grain: one fact per arrest with a placed home; numerator = 1 if it lies in no area of the layer
select
    f.arrest_id as unit_id,
    f.arrest_date as event_date,
    (f.residence_area is null)::bigint as numerator,
    1 as denominator,
    f.area_id,
    f.race_ethnicity
from temp.arrest_facts as f
inner join core.arrests as a on a.arrest_id = f.arrest_id
left join core.places as p on p.place_id = a.home_place_id
where p.x is not null and $layer is not null
