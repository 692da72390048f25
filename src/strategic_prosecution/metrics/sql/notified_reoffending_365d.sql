-- grain: one fact per person told, 365 days ago or more; numerator = 1 if arrested for violence within 365 days
select
    person_id as unit_id,
    [notification_id] as records,
    notification_date as event_date,
    coalesce(days_until_violent_arrest <= 365, false)::bigint as numerator,
    1 as denominator
from temp.first_notices
where notification_date + 365 <= $as_of
