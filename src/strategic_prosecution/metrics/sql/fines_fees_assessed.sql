-- grain: one fact per case with a fine or fee among its original sentences; numerator = US cents
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
        sum(coalesce(fine_cents, 0) + coalesce(fee_cents, 0))::bigint as cents
    from core.sentences
    where is_initial is not false
    group by case_id
    having count(fine_cents) + count(fee_cents) > 0
),
final as (
    select
        o.case_id as unit_id,
        o.sentence_date as event_date,
        o.cents as numerator,
        p.race_ethnicity,
        p.residence_area
    from original as o
    left join case_people as p on p.case_id = o.case_id
)
select * from final
