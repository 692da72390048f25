-- Grain: one row per arrest or outreach event with a day and a position.
with contacts as (
    select 'arrests' as kind, arrest_id as id, arrest_date as day, place_id from core.arrests
    union all
    select 'outreach_events', outreach_id, outreach_date, place_id from core.outreach
)
select kind, day, places.x, places.y
from contacts
join core.places using (place_id)
where places.x is not null and day <= $as_of
order by kind, id
