-- Grain: one row per incident that has a day and a position.
-- Police-generated incidents are left out: they map where police looked (rules of practice, section 5).
with incidents as (
    select incident_id, occurred_date, offense_category, place_id
    from core.incidents
    where reported_by is distinct from 'police'
)
select incident_id, occurred_date, offense_category, places.x, places.y
from incidents
join core.places using (place_id)
where places.x is not null and occurred_date <= $as_of
order by incident_id
