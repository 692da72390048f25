-- Grain: one row per category (null: any), measure, detail, window and cell (null: place unknown) with an event.
-- A reason given fewer than $least times is 'other': free text could tell of a person.
with referrals as (
    select
        received_date,
        screen_result,
        decline_reason,
        coalesce(screen_date, received_date) as decided_date,
        coalesce(own.cell, case_ends.cell) as cell
    from core.referrals
    left join temp.side_incidents as own using (incident_id)
    left join temp.side_case_ends as case_ends on case_ends.case_id = referrals.case_id
),

given as (
    select 'declined' as measure, decided_date as day, cell, nullif(trim(decline_reason), '') as reason
    from referrals
    where screen_result = 'rejected'
    union all
    select 'dismissed', disposition_date, cell, nullif(trim(disposition_reason), '')
    from temp.side_case_ends
    where is_dismissed
),

reasons as (
    select
        measure,
        day,
        cell,
        case
            when reason is null then 'unknown'
            when count(*) over (partition by measure, reason) < $least then 'other'
            else reason
        end as detail
    from given
),

events as (
    select 'referred' as measure, '' as detail, received_date as day, cell from referrals
    union all
    select 'approved', '', decided_date, cell from referrals where screen_result = 'approved'
    union all
    select 'filed', '', filed_date, cell from temp.side_case_ends
    union all
    select measure, unnest(['', detail]), day, cell from reasons
    union all
    select 'diverted', '', diverted_date, cell from temp.side_case_ends
    union all
    select 'convicted', '', disposition_date, cell from temp.side_case_ends where is_convicted
    union all
    -- what is open on $as_of is so in every window that ends then
    select 'pending', '', $as_of, cell from temp.side_case_ends where is_pending and filed_date <= $as_of
)

select null as category, measure, detail, window_days, cell, count(*) as amount
from events
join temp.side_windows on day between first_day and $as_of
group by all
