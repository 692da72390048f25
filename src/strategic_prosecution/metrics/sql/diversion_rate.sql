-- grain: one fact per case; numerator = 1 if diverted by as_of
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
accepted as (
    select distinct case_id
    from core.diversion
    where accepted_date <= $as_of
),
final as (
    select
        c.case_id as unit_id,
        c.filed_date as event_date,
        case when a.case_id is not null or c.disposition = 'diverted' then 1 else 0 end as numerator,
        1 as denominator,
        c.offense_category,
        p.race_ethnicity,
        p.residence_area
    from core.cases as c
    left join accepted as a on a.case_id = c.case_id
    left join case_people as p on p.case_id = c.case_id
)
select * from final
