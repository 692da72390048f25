-- grain: one row per shooting incident, group that shot and group shot at, and days to the first shooting back
create or replace temp table group_shootings as
with
pairs as (
    select
        incident_id,
        group_suspect,
        group_victim,
        list(shooting_id order by shooting_id) as shooting_ids,
        min(occurred_date) as occurred_date,
        min(occurred_at) as occurred_at
    from temp.shooting_facts
    where group_suspect <> group_victim
      and group_suspect_status in ('confirmed', 'suspected')
      and group_victim_status in ('confirmed', 'suspected')
    group by incident_id, group_suspect, group_victim
),
shot_back as (
    select pairs.incident_id, pairs.group_suspect, pairs.group_victim, min(later.occurred_date) as shot_back_on
    from pairs
    inner join pairs as later
        on later.group_suspect = pairs.group_victim
        and later.group_victim = pairs.group_suspect
        and later.incident_id <> pairs.incident_id
        -- on the same day only the clock tells which came first
        and (
            later.occurred_date > pairs.occurred_date
            or (later.occurred_date = pairs.occurred_date and later.occurred_at > pairs.occurred_at)
        )
    group by pairs.incident_id, pairs.group_suspect, pairs.group_victim
)
select
    pairs.*,
    shot_back.shot_back_on - pairs.occurred_date as days_until_shot_back
from pairs
left join shot_back
    on shot_back.incident_id = pairs.incident_id
    and shot_back.group_suspect = pairs.group_suspect
    and shot_back.group_victim = pairs.group_victim
