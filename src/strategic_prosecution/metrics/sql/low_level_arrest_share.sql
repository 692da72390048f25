-- grain: one fact per arrest with a known severity; numerator = 1 for a misdemeanor or an infraction
with
arrests as (
    select
        a.arrest_id,
        a.arrest_date,
        a.severity,
        a.race_ethnicity,
        pa.area_id,
        ha.area_id as residence_area
    from core.arrests as a
    left join core.place_areas as pa on pa.place_id = a.place_id and pa.layer = $layer
    left join core.place_areas as ha on ha.place_id = a.home_place_id and ha.layer = $layer
    where a.severity in ('felony', 'misdemeanor', 'infraction')
),
final as (
    select
        arrest_id as unit_id,
        arrest_date as event_date,
        case when severity in ('misdemeanor', 'infraction') then 1 else 0 end as numerator,
        1 as denominator,
        area_id,
        residence_area,
        race_ethnicity
    from arrests
)
select * from final
