-- grain: one fact per arrest; numerator = 1 if the home is missing or could not be placed
select
    f.arrest_id as unit_id,
    f.arrest_date as event_date,
    (p.x is null)::bigint as numerator,
    1 as denominator,
    f.area_id,
    f.race_ethnicity
from temp.arrest_facts as f
inner join core.arrests as a on a.arrest_id = f.arrest_id
left join core.places as p on p.place_id = a.home_place_id
