-- grain: one fact per arrest; residents come from core.population
with
arrests as (
    select a.arrest_id, a.arrest_date, a.race_ethnicity, ha.area_id as residence_area
    from core.arrests as a
    left join core.place_areas as ha on ha.place_id = a.home_place_id and ha.layer = $layer
),
final as (
    select arrest_id as unit_id, arrest_date as event_date, 1 as numerator, residence_area, race_ethnicity
    from arrests
)
select * from final
