-- grain: one fact per person told, 180 days ago or more; numerator = days of the 180 out of pretrial detention
select
    person_id as unit_id,
    [notification_id] as records,
    notification_date as event_date,
    days_at_liberty as numerator,
    1 as denominator
from temp.first_notices
where notification_date + 180 <= $as_of
