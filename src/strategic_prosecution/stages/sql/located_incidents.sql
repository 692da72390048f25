-- Grain: one row per incident that has a day and a position.
-- Police-generated incidents are marked: they map where police looked (rules of practice, section 5).
select
    incident_id, occurred_date, offense_category, coalesce(reported_by, 'unknown') as reported_by,
    places.x, places.y
from core.incidents
join core.places using (place_id)
where places.x is not null and occurred_date <= $as_of
order by incident_id
