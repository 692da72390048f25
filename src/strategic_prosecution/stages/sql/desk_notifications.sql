-- Grain: one row per person invited or told by a day, numbered within call-in and group, without saying who it is.
with call_ins as (
    from desk.call_ins
    where known_on <= $as_of
    qualify row_number() over (partition by call_in_id order by recorded_at desc, rowid desc) = 1
),
people as (
    select
        call_in_id,
        group_id,
        nullif(bool_or(step = 'invited'), false) as was_invited,
        nullif(bool_or(step = 'attended'), false) as has_attended,
        nullif(bool_or(step = 'delivered'), false) as message_delivered,
        min(step_date) filter (step = 'invited') as invited_on,
        min(step_date) filter (step = 'delivered') as delivered_on
    from desk.call_in_people
    where known_on <= $as_of and step in ('invited', 'attended', 'delivered')
    group by call_in_id, group_id, record_table, record_id
),
notified as (
    select
        call_in_id,
        group_id,
        case
            when kind in ('call_in', 'drug_market') then 'call_in'
            when kind = 'custom_notification' then 'custom'
            else 'letter'
        end as mode,
        -- Everybody of a meeting has its day: who came later, or not at all, is not told by a date.
        case when kind in ('call_in', 'drug_market') then held_on else coalesce(delivered_on, invited_on) end
            as notification_date,
        was_invited,
        case when kind in ('call_in', 'drug_market') then coalesce(has_attended, false) else has_attended end
            as has_attended,
        message_delivered
    from people
    join call_ins using (call_in_id)
    where status = 'held' or (kind not in ('call_in', 'drug_market') and status <> 'cancelled')
),
told as (
    -- Who stayed away could be told by the group, where it sent one.
    select * replace (case when has_attended is distinct from false then group_id end as group_id)
    from notified
    where notification_date <= $as_of
),
numbered as (
    select
        *,
        -- The number follows from what is told of the row, not from who it is.
        row_number() over (
            partition by call_in_id, group_id
            order by notification_date, was_invited nulls last, has_attended nulls last, message_delivered nulls last
        ) as number
    from told
)
select
    left(sha256(concat_ws(chr(31), call_in_id, coalesce(group_id, ''), number)), 20) as notification_id,
    group_id,
    mode,
    notification_date,
    was_invited,
    has_attended,
    message_delivered
from numbered
order by notification_id
