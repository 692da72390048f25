-- grain: one fact per convicted felony case with a known severity at disposition; numerator = 1 if less than a felony
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
        c.filed_date as event_date,
        case when c.disposition_severity = 'felony' then 0 else 1 end as numerator,
        1 as denominator,
        c.offense_category,
        p.race_ethnicity,
        p.residence_area
    from core.cases as c
    left join case_people as p on p.case_id = c.case_id
    where c.filed_severity = 'felony'
      and c.disposition in ('guilty_plea', 'guilty_trial')
      and c.disposition_severity in ('felony', 'misdemeanor', 'infraction')
)
select * from final
