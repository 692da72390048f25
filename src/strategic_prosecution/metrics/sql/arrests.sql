-- grain: one fact per arrest
with
arrests as (
    select
        a.arrest_id,
        a.arrest_date,
        a.race_ethnicity,
        a.offense_category,
        pa.area_id,
        ha.area_id as residence_area
    from core.arrests as a
    left join core.place_areas as pa on pa.place_id = a.place_id and pa.layer = $layer
    left join core.place_areas as ha on ha.place_id = a.home_place_id and ha.layer = $layer
),
final as (
    select
        arrest_id as unit_id,
        arrest_date as event_date,
        1 as numerator,
        area_id,
        residence_area,
        race_ethnicity,
        offense_category
    from arrests
)
select * from final
