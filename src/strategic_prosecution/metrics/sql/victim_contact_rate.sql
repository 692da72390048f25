-- grain: one fact per victim; numerator = 1 if contacted by as_of
with
final as (
    select
        victim_id as unit_id,
        opened_date as event_date,
        case when first_contact_date <= $as_of then 1 else 0 end as numerator,
        1 as denominator,
        race_ethnicity
    from core.victims
)
select * from final
