-- Grain: one row per promise that is not kept: of the desk by $on, or of an extract and made since $first.
with promised as (
    from desk.promises
    where known_on <= $on and record_id is null
    qualify row_number() over (partition by promise_id order by recorded_at desc, rowid desc) = 1
)
select kind, what, group_id, owner_role, made_on, due_on, promise_id as key
from promised
where kept_on is null or kept_on > $on
union all
select if(action_type = 'help', 'help', 'enforcement'), null, group_id, null, promised_date, null, action_id
from core.enforcement_actions
where source_load is not null and promised_date >= $first and action_date is null
    and action_id not in (select record_id from core.sealed_records where record_table = 'enforcement_actions')
order by made_on, key
