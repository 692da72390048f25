-- Grain: one row per incident, side, group and status of its shootings.
select distinct incident_id, side, group_id, status
from (
    select incident_id, 'victim' as side, group_victim as group_id, group_victim_status as status
    from temp.reviewed_shootings
    union all
    select incident_id, 'suspect', group_suspect, group_suspect_status from temp.reviewed_shootings
)
where status is not null and incident_id in (select incident_id from temp.review_incidents)
order by incident_id, side desc, status, group_id
