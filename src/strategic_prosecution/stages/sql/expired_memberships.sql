-- Grain: one row per membership whose time was up before a day, with whether it is held back.
-- The newest event of a membership speaks, also of one that its file no longer names. It ends as
-- groups.active_memberships says: a stated end only ever shortens, and without a last fact it never began to count.
with events as (
    select
        events.*,
        extract_date,
        coalesce(extract_date, known_on, recorded_at::date) as said_on,
        coalesce(known_on, extract_date, recorded_at::date) as known
    from desk.memberships as events
    left join meta.loads on load_id = source_load
),
newest as (
    select
        membership_id,
        case
            when last_fact_date is null then known
            else least(expires_on, last_fact_date + $expiry_days::integer)
        end as ended_on,
        contested_on is not null
        and not coalesce(contest_decided_on <= $day and contest_decided_on >= contested_on, false) as is_contested,
        max(greatest(known, said_on)) over (partition by membership_id) as heard_on
    from events
    qualify row_number() over (
        partition by membership_id
        order by extract_date desc nulls last, known desc, recorded_at desc, source_row desc, event_id desc
    ) = 1
),
-- A contest that the office recorded itself, and has not decided.
own_contests as (
    select membership_id from (
        from desk.membership_actions where action <> 'notice'
        qualify row_number() over (partition by membership_id order by recorded_at desc, rowid desc) = 1
    )
    where action = 'contest'
)
select
    membership_id,
    is_contested or membership_id in (from own_contests) or membership_id in (
        select record_id from in_force where kind = 'hold' and table_name = 'memberships'
    ) as is_held_back
from newest
-- What is said of a day to come is not over.
where ended_on < $older_than and heard_on <= $day
order by membership_id
