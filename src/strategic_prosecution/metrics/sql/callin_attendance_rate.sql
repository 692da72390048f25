-- grain: one fact per invitation to a call-in with attendance recorded; numerator = 1 if the person came
select
    notification_id as unit_id,
    notification_date as event_date,
    has_attended::bigint as numerator,
    1 as denominator
from core.notifications
where mode = 'call_in' and was_invited is not false and has_attended is not null
