-- Grain: one row per call-in or other notice known by a day, with counts of its life and no person.
with call_ins as (
    from desk.call_ins
    where known_on <= $as_of
    qualify row_number() over (partition by call_in_id order by recorded_at desc, rowid desc) = 1
),
steps as (
    select call_in_people.*, call_in_people.rowid as row_number,
        -- One who stands for two groups is there by two records, and is one person.
        coalesce(confirmed_person_id, record_table || '/' || record_id) as person
    from desk.call_in_people
    left join core.person_records using (record_table, record_id)
    where known_on <= $as_of
),
decided as (
    from steps
    where step in ('planned', 'approved', 'removed')
    qualify row_number() over (
        partition by call_in_id, record_table, record_id order by recorded_at desc, row_number desc
    ) = 1
),
people as (
    select
        call_in_id,
        count(distinct person) filter (step = 'planned') as planned,
        count(distinct person) filter (step = 'invited') as invited,
        count(distinct person) filter (step = 'attended') as attended,
        count(distinct person) filter (step = 'delivered') as delivered
    from steps
    group by call_in_id
),
reviewed as (
    select
        call_in_id,
        count(distinct person) filter (step = 'approved') as approved,
        count(distinct person) filter (step = 'removed') as removed
    from decided
    group by call_in_id
),
help as (
    select call_in_id, sum(offered) as help_offered, sum(taken) as help_taken
    from desk.call_in_help
    where known_on <= $as_of
    group by call_in_id
),
promised as (
    from desk.promises
    -- Events that name somebody tell of an action under the promise.
    where known_on <= $as_of and record_id is null
    qualify row_number() over (partition by promise_id order by recorded_at desc, rowid desc) = 1
),
promises as (
    select
        call_in_id,
        count(*) as promises,
        count(*) filter (kept_on <= $as_of) as promises_kept,
        count(*) filter (due_on < $as_of and (kept_on is null or kept_on > $as_of)) as promises_late
    from promised
    group by call_in_id
)
select
    $as_of as as_of,
    call_ins.call_in_id,
    call_ins.kind,
    call_ins.status,
    call_ins.held_on,
    coalesce(planned, 0)::bigint as planned,
    coalesce(approved, 0)::bigint as approved,
    coalesce(removed, 0)::bigint as removed,
    coalesce(invited, 0)::bigint as invited,
    -- of few people invited, how many came tells who stayed away
    case when coalesce(invited, 0) = 0 or invited >= 5 then coalesce(attended, 0) end::bigint as attended,
    case when coalesce(invited, 0) = 0 or invited >= 5 then coalesce(delivered, 0) end::bigint as delivered,
    case when coalesce(invited, 0) = 0 or invited >= 5 then help_offered end::bigint as help_offered,
    case when coalesce(invited, 0) = 0 or invited >= 5 then help_taken end::bigint as help_taken,
    coalesce(promises, 0)::bigint as promises,
    coalesce(promises_kept, 0)::bigint as promises_kept,
    coalesce(promises_late, 0)::bigint as promises_late
from call_ins
left join people using (call_in_id)
left join reviewed using (call_in_id)
left join help using (call_in_id)
left join promises using (call_in_id)
order by call_in_id
