-- Grain: one row per shooting, side and group named at its incident review, confirmed or suspected.
with reviewed as (
    select incident_id, occurred_date, coalesce(is_fatal, false) as is_fatal, review_date,
        group_victim, group_victim_status, group_suspect, group_suspect_status
    from core.shootings
    -- The same shootings as the metrics count: lawful self-defense is nobody's violence.
    where coalesce(is_unfounded, false) = false
        and coalesce(intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
        and (coalesce(is_fatal, false) or wound_type is distinct from 'none')
),
sides as (
    select incident_id, occurred_date, is_fatal, review_date, 'victim' as side,
        group_victim as group_id, group_victim_status as status
    from reviewed
    union all
    select incident_id, occurred_date, is_fatal, review_date, 'suspect', group_suspect, group_suspect_status
    from reviewed
)
select incident_id, occurred_date as event_date, is_fatal, group_id, side, status,
    coalesce(review_date, occurred_date) as known_on
from sides
where group_id is not null and status in ('confirmed', 'suspected')
order by incident_id, side, group_id, is_fatal
