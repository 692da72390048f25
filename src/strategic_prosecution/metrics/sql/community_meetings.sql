-- grain: one fact per meeting with residents
with
meetings as (
    select o.outreach_id, o.outreach_date, coalesce(pa.area_id, o.area_id) as area_id
    from core.outreach as o
    left join core.place_areas as pa on pa.place_id = o.place_id and pa.layer = $layer
    where o.outreach_type = 'community_meeting'
),
final as (
    select outreach_id as unit_id, outreach_date as event_date, 1 as numerator, area_id
    from meetings
)
select * from final
