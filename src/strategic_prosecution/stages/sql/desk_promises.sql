-- Grain: one row per promise to a group known by a day, and one per action under it.
with known as (
    from desk.promises
    where known_on <= $as_of
        and group_id is not null
        and (
            record_id is null
            or (record_table, record_id) not in (select record_table, record_id from core.sealed_records)
        )
    qualify row_number() over (
        partition by promise_id, trigger_incident_id, record_table, record_id order by recorded_at desc, rowid desc
    ) = 1
)
select
    left(sha256(promise_id), 20) as action_id,
    group_id,
    null as trigger_incident_id,
    case when kind = 'help' then 'help' else 'promise' end as action_type,
    made_on as promised_date,
    case when kept_on <= $as_of then kept_on end as action_date,
    null as own_conduct,
    null as approving_attorney,
    null as lesser_step
from known
where record_id is null
union all
select
    left(sha256(concat_ws(chr(31), promise_id, trigger_incident_id, record_table, record_id)), 20),
    group_id,
    trigger_incident_id,
    'enforcement',
    -- The promise is counted once, where it was made.
    null,
    known_on,
    own_conduct,
    approving_attorney,
    lesser_step
from known
where record_id is not null
order by action_id
