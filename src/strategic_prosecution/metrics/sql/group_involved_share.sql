-- grain: one fact per reviewed shooting incident; numerator = 1 if a confirmed or suspected member is on a side
select
    incident_id as unit_id,
    shooting_ids as records,
    occurred_date as event_date,
    has_confirmed_or_suspected::bigint as numerator,
    1 as denominator,
    offense_category
from temp.shooting_incident_facts
where is_reviewed
