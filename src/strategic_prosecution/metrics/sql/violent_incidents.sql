-- grain: one fact per violent incident not found to be unfounded
with
incidents as (
    select i.incident_id, i.occurred_date, i.offense_category, coalesce(pa.area_id, i.area_id) as area_id
    from core.incidents as i
    left join core.place_areas as pa on pa.place_id = i.place_id and pa.layer = $layer
    where i.offense_category in ('homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault')
      and i.clearance_status is distinct from 'unfounded'
),
final as (
    select incident_id as unit_id, occurred_date as event_date, 1 as numerator, area_id, offense_category
    from incidents
)
select * from final
