-- grain: one row per incident with a person hit by gunfire: its victims, and what its review says of groups
create or replace temp table shooting_incident_facts as
select
    incident_id,
    list(shooting_id order by shooting_id) as shooting_ids,
    min(occurred_date) as occurred_date,
    min(area_id) as area_id,
    count(*) filter (where is_fatal) as killed,
    -- what happened, from the log: the offense code does not tell a shooting
    case when count(*) filter (where is_fatal) > 0 then 'homicide' else 'nonfatal_shooting' end as offense_category,
    max(review_date) is not null as is_reviewed,
    coalesce(bool_or('confirmed' in (group_victim_status, group_suspect_status)), false) as has_confirmed,
    coalesce(
        bool_or(
            group_victim_status in ('confirmed', 'suspected') or group_suspect_status in ('confirmed', 'suspected')
        ),
        false
    ) as has_confirmed_or_suspected,
    -- ruled out only where every side of every victim was
    bool_and(
        group_victim_status is not distinct from 'no' and group_suspect_status is not distinct from 'no'
    ) as is_ruled_out
from temp.shooting_facts
group by incident_id
