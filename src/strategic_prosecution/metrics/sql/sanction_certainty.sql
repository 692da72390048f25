-- grain: one fact per first violation 90 days ago or more; numerator = 1 if answered within them
select
    supervision_id as unit_id,
    violation_date as event_date,
    coalesce(sanction_date between violation_date and violation_date + 90, false)::bigint as numerator,
    1 as denominator,
    race_ethnicity
from core.supervision
where violation_date + 90 <= $as_of
