-- grain: one fact per person hit by gunfire with criminal or unknown intent who did not die
with
victims as (
    select
        s.shooting_id,
        s.occurred_date,
        s.race_ethnicity,
        coalesce(pa.area_id, ia.area_id, i.area_id) as area_id
    from core.shootings as s
    left join core.incidents as i on i.incident_id = s.incident_id
    left join core.place_areas as pa on pa.place_id = s.place_id and pa.layer = $layer
    left join core.place_areas as ia on ia.place_id = i.place_id and ia.layer = $layer
    where s.is_fatal is not true
      and s.is_unfounded is not true
      and coalesce(s.intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
      and s.wound_type is distinct from 'none'
),
final as (
    select shooting_id as unit_id, occurred_date as event_date, 1 as numerator, area_id, race_ethnicity
    from victims
)
select * from final
