-- grain: one fact per person told with an earlier domestic arrest; numerator = 1 if there was another within 365 days
select
    person_id as unit_id,
    [notification_id] as records,
    notification_date as event_date,
    coalesce(days_until_domestic_arrest <= 365, false)::bigint as numerator,
    1 as denominator
from temp.first_notices
where had_domestic_arrest and notification_date + 365 <= $as_of
