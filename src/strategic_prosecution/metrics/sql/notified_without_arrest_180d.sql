-- grain: one fact per person told, 180 days ago or more; numerator = 1 if not arrested for anything within 180 days
select
    person_id as unit_id,
    [notification_id] as records,
    notification_date as event_date,
    coalesce(days_until_arrest > 180, true)::bigint as numerator,
    1 as denominator
from temp.first_notices
where notification_date + 180 <= $as_of
