-- grain: one fact per action taken under a promise, and one per shooting incident with a group member on a side
select action_id as unit_id, [action_id] as records, action_date as event_date, 1 as numerator, 0 as denominator
from core.enforcement_actions
where action_type is distinct from 'help' and action_date is not null
union all
select incident_id, [], occurred_date, 0, 1
from temp.shooting_incident_facts
where has_confirmed_or_suspected
