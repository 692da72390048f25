-- grain: one fact per case with a stated prison or jail term among its original sentences; numerator = days
with
original as (
    select
        case_id,
        list(sentence_id order by sentence_id) as records,
        min(sentence_date) as sentence_date,
        max(
            -- terms run together
            case
                when is_life then $life_days
                else least(greatest(coalesce(min_days, max_days) - coalesce(credit_days, 0), 0), $life_days)
            end
        ) filter (where sentence_type in ('prison', 'jail') and (is_life or coalesce(min_days, max_days) is not null))
            as days
    from core.sentences
    where is_initial is not false
    group by case_id
),
final as (
    select
        o.case_id as unit_id,
        o.records,
        o.sentence_date as event_date,
        o.days as numerator,
        c.race_ethnicity,
        c.area_id,
        c.residence_area
    from original as o
    left join temp.case_facts as c on c.case_id = o.case_id
    where o.days is not null
)
select * from final
