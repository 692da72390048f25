-- grain: one fact per promised action; numerator = 1 if done by as_of
select
    action_id as unit_id,
    promised_date as event_date,
    coalesce(action_date <= $as_of, false)::bigint as numerator,
    1 as denominator
from core.enforcement_actions
where promised_date is not null
