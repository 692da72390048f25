-- grain: one fact per case with an original sentence; numerator = 1 if prison or jail is among them
with
original as (
    select
        case_id,
        list(sentence_id order by sentence_id) as records,
        min(sentence_date) as sentence_date,
        count(*) filter (where sentence_type in ('prison', 'jail')) as terms
    from core.sentences
    where is_initial is not false
    group by case_id
),
final as (
    select
        o.case_id as unit_id,
        o.records,
        o.sentence_date as event_date,
        (o.terms > 0)::bigint as numerator,
        1 as denominator,
        c.offense_category,
        c.race_ethnicity,
        c.residence_area
    from original as o
    left join temp.case_facts as c on c.case_id = o.case_id
)
select * from final
