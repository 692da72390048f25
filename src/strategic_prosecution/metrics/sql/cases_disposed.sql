-- grain: one fact per disposed case; a warrant or a superseded charging document is no disposition
with
case_people as (
    select
        d.case_id,
        case when count(distinct d.race_ethnicity) = 1 then min(d.race_ethnicity) end as race_ethnicity,
        case when count(distinct ha.area_id) = 1 then min(ha.area_id) end as residence_area
    from core.defendants as d
    left join core.place_areas as ha on ha.place_id = d.home_place_id and ha.layer = $layer
    group by d.case_id
),
final as (
    select
        c.case_id as unit_id,
        c.disposition_date as event_date,
        1 as numerator,
        c.offense_category,
        p.race_ethnicity,
        p.residence_area
    from core.cases as c
    left join case_people as p on p.case_id = c.case_id
    where c.disposition_date is not null and coalesce(c.disposition, 'unknown') not in ('warrant', 'superseded')
)
select * from final
