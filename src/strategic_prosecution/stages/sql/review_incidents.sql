-- Grain: one row per incident with a shooting that the metrics count, from $first to the newest; victims counted.
with counted as (
    from temp.reviewed_shootings
    where is_unfounded is not true
        and coalesce(intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
        and (coalesce(is_fatal, false) or wound_type is distinct from 'none')
        and occurred_date >= $first
        and shooting_id not in (select record_id from core.sealed_records where record_table = 'shootings')
        and incident_id not in (select record_id from core.sealed_records where record_table = 'incidents')
),
per_incident as (
    select incident_id, min(occurred_date) as occurred_date, min(occurred_at) as occurred_at,
        count(*) filter (is_fatal) as killed, count(*) filter (is_fatal is not true) as wounded,
        max(review_date) as review_date, max(motive) as motive, min(address) as address, min(place_id) as place_id,
        bool_and(group_victim_status is not null) as is_victim_reviewed,
        bool_and(group_suspect_status is not null) as is_suspect_reviewed
    from counted
    group by incident_id
)
select incident_id, per_incident.occurred_date as day, coalesce(per_incident.occurred_at, incidents.occurred_at) as shot_at,
    killed, wounded, review_date, per_incident.motive, is_victim_reviewed, is_suspect_reviewed,
    coalesce(per_incident.address, incidents.address) as address,
    coalesce(areas.title, own.area_id, reported.area_id, incidents.area_id) as area,
    coalesce(per_incident.place_id, incidents.place_id) as place_id
from per_incident
left join core.incidents using (incident_id)
left join core.place_areas as own on own.place_id = per_incident.place_id and own.layer = $layer
left join core.place_areas as reported on reported.place_id = incidents.place_id and reported.layer = $layer
left join core.areas on areas.layer = $layer
    and areas.area_id = coalesce(own.area_id, reported.area_id, incidents.area_id)
order by day, shot_at nulls last, incident_id
