-- grain: one fact per invitation to a call-in with attendance recorded; numerator = 1 if the person came
with
final as (
    select
        notification_id as unit_id,
        notification_date as event_date,
        case when has_attended then 1 else 0 end as numerator,
        1 as denominator
    from core.notifications
    where mode = 'call_in' and was_invited is not false and has_attended is not null
)
select * from final
