-- grain: one fact per promised action; numerator = 1 if done by as_of
with
promised as (
    select action_id, promised_date, action_date
    from core.enforcement_actions
    where promised_date is not null
),
final as (
    select
        action_id as unit_id,
        promised_date as event_date,
        case when action_date <= $as_of then 1 else 0 end as numerator,
        1 as denominator
    from promised
)
select * from final
