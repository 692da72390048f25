-- grain: one fact per response to a violation; duration = days from the violation
select
    supervision_id as unit_id,
    sanction_date as event_date,
    sanction_date - violation_date as duration_days,
    race_ethnicity
from core.supervision
where sanction_date >= violation_date
