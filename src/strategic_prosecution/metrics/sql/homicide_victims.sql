-- grain: one fact per incident with a person killed; numerator = people killed
with
killed_by_gunfire as (
    select
        s.incident_id,
        min(s.occurred_date) as occurred_date,
        count(*) as victims,
        min(coalesce(pa.area_id, ia.area_id, i.area_id)) as area_id
    from core.shootings as s
    left join core.incidents as i on i.incident_id = s.incident_id
    left join core.place_areas as pa on pa.place_id = s.place_id and pa.layer = $layer
    left join core.place_areas as ia on ia.place_id = i.place_id and ia.layer = $layer
    where s.is_fatal
      and s.is_unfounded is not true
      and coalesce(s.intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
    group by s.incident_id
),
homicides as (
    select i.incident_id, i.occurred_date, i.victim_count, coalesce(pa.area_id, i.area_id) as area_id
    from core.incidents as i
    left join core.place_areas as pa on pa.place_id = i.place_id and pa.layer = $layer
    where i.offense_category = 'homicide' and i.clearance_status is distinct from 'unfounded'
),
final as (
    select
        coalesce(h.incident_id, k.incident_id) as unit_id,
        coalesce(h.occurred_date, k.occurred_date) as event_date,
        -- the victim count of an incident may hold wounded people too: the shooting log says who died
        coalesce(k.victims, greatest(h.victim_count, 1), 1) as numerator,
        coalesce(h.area_id, k.area_id) as area_id
    from homicides as h
    full join killed_by_gunfire as k on k.incident_id = h.incident_id
)
select * from final
