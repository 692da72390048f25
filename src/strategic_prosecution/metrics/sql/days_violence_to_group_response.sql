-- grain: one fact per shooting and group that the office answered by as_of; duration = days to the first action
with
actions as (
    select
        a.action_id,
        a.group_id,
        a.action_date,
        s.incident_id,
        s.occurred_date
    from core.enforcement_actions as a
    inner join temp.shooting_incident_facts as s on s.incident_id = a.trigger_incident_id
    -- help is no answer to violence, and an action before it was not one either
    where a.action_type is distinct from 'help' and a.action_date between s.occurred_date and $as_of
),
final as (
    select
        incident_id as unit_id,
        list(action_id order by action_date, action_id) as records,
        occurred_date as event_date,
        min(action_date) - occurred_date as duration_days
    from actions
    group by incident_id, group_id, occurred_date
)
select * from final
