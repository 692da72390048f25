-- grain: one fact per day with a call-in whose attendance was recorded and group with a member that counts;
-- numerator = 1 if a member came
with
came as (
    select notification_date, group_id, bool_or(has_attended) as has_attended
    from core.notifications
    where mode = 'call_in' and has_attended is not null
    group by notification_date, group_id
),
days as (
    select distinct notification_date from came
),
final as (
    select
        g.group_id as unit_id,
        g.membership_ids as records,
        days.notification_date as event_date,
        coalesce(came.has_attended, false)::bigint as numerator,
        1 as denominator
    from days
    inner join temp.group_stretches as g
        on g.from_date <= days.notification_date
        and (g.until_date is null or g.until_date > days.notification_date)
    left join came on came.notification_date = days.notification_date and came.group_id = g.group_id
)
select * from final
