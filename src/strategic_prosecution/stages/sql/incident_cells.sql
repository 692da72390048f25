-- Grain: one row per mapped category, day and 50 m square with an incident in the 1,095 days that end with $as_of.
-- Police-generated incidents are left out: they map where police looked (rules of practice, section 5).
with mapped as (
    select unnest($categories) as category, unnest($offenses) as offense_category
)

select
    category,
    occurred_date,
    floor(places.x / 50)::bigint as square_east,
    floor(places.y / 50)::bigint as square_north,
    count(*) as incidents
from core.incidents
join mapped using (offense_category)
join core.places using (place_id)
where reported_by is distinct from 'police'
    and places.x is not null
    and occurred_date > $as_of - 1095
    and occurred_date <= $as_of
group by all
