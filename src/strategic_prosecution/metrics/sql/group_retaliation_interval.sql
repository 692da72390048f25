-- grain: one fact per shooting between two groups answered within 90 days; duration = days to the shooting back
select
    incident_id as unit_id,
    shooting_ids as records,
    occurred_date as event_date,
    days_until_shot_back as duration_days
from temp.group_shootings
where days_until_shot_back <= 90 and occurred_date + 90 <= $as_of
