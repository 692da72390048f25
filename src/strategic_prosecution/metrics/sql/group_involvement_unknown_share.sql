-- grain: one fact per shooting incident; numerator = 1 if nobody knows yet whether a group member is on a side
select
    incident_id as unit_id,
    shooting_ids as records,
    occurred_date as event_date,
    (not has_confirmed_or_suspected and not is_ruled_out)::bigint as numerator,
    1 as denominator,
    offense_category
from temp.shooting_incident_facts
