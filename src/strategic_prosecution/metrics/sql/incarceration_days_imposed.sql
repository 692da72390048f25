-- grain: one fact per case with a stated prison or jail term among its original sentences; numerator = days
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
        max(
            -- terms run together; 21,915 days are 60 years, the cap for a life term
            least(greatest(coalesce(min_days, max_days) - coalesce(credit_days, 0), 0), 21915)
        ) filter (where sentence_type in ('prison', 'jail')) as days
    from core.sentences
    where is_initial is not false
    group by case_id
),
final as (
    select
        o.case_id as unit_id,
        o.sentence_date as event_date,
        o.days as numerator,
        p.race_ethnicity,
        p.residence_area
    from original as o
    left join case_people as p on p.case_id = o.case_id
    where o.days is not null
)
select * from final
