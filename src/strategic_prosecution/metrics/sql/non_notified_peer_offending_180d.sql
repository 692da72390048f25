-- grain: one fact per member not told when the group was, 180 days ago or more; numerator = 1 if arrested for violence
select
    person_id as unit_id,
    membership_ids as records,
    notification_date as event_date,
    coalesce(days_until_violent_arrest <= 180, false)::bigint as numerator,
    1 as denominator
from temp.untold_members
where notification_date + 180 <= $as_of
