-- grain: one fact per custom notification that was delivered, or of which nobody says that it was not
select notification_id as unit_id, notification_date as event_date, 1 as numerator
from core.notifications
where mode = 'custom' and message_delivered is not false
