-- grain: one fact per case with an original sentence; numerator = US cents
with
original as (
    select
        case_id,
        list(sentence_id order by sentence_id) as records,
        min(sentence_date) as sentence_date,
        sum(coalesce(fine_cents, 0) + coalesce(fee_cents, 0))::bigint as cents
    from core.sentences
    where is_initial is not false
    group by case_id
),
final as (
    select
        o.case_id as unit_id,
        o.records,
        o.sentence_date as event_date,
        o.cents as numerator,
        1 as denominator,
        c.residence_area,
        c.race_ethnicity
    from original as o
    left join temp.case_facts as c on c.case_id = o.case_id
)
select * from final
