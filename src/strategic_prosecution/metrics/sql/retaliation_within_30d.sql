-- grain: one fact per shooting between two groups, 30 days ago or more; numerator = 1 if shot back within 30 days
select
    incident_id as unit_id,
    shooting_ids as records,
    occurred_date as event_date,
    coalesce(days_until_shot_back <= 30, false)::bigint as numerator,
    1 as denominator
from temp.group_shootings
where occurred_date + 30 <= $as_of
