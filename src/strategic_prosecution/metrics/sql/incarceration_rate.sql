-- grain: one fact per case with an original sentence; numerator = 1 if prison or jail is among them
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
original as (
    select
        case_id,
        min(sentence_date) as sentence_date,
        count(*) filter (where sentence_type in ('prison', 'jail')) as terms
    from core.sentences
    where is_initial is not false
    group by case_id
),
final as (
    select
        o.case_id as unit_id,
        o.sentence_date as event_date,
        case when o.terms > 0 then 1 else 0 end as numerator,
        1 as denominator,
        c.offense_category,
        p.race_ethnicity,
        p.residence_area
    from original as o
    left join core.cases as c on c.case_id = o.case_id
    left join case_people as p on p.case_id = o.case_id
)
select * from final
