-- grain: one fact per incident with a person hit by gunfire with criminal or unknown intent
with
victims as (
    select s.incident_id, s.occurred_date, coalesce(pa.area_id, ia.area_id, i.area_id) as area_id
    from core.shootings as s
    left join core.incidents as i on i.incident_id = s.incident_id
    left join core.place_areas as pa on pa.place_id = s.place_id and pa.layer = $layer
    left join core.place_areas as ia on ia.place_id = i.place_id and ia.layer = $layer
    where s.is_unfounded is not true
      and coalesce(s.intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
      and (s.is_fatal or s.wound_type is distinct from 'none')
),
final as (
    select incident_id as unit_id, min(occurred_date) as event_date, 1 as numerator, min(area_id) as area_id
    from victims
    group by incident_id
)
select * from final
