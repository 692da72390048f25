-- grain: one fact per response whose days in custody are stated; numerator = those days
select
    supervision_id as unit_id,
    sanction_date as event_date,
    sanction_custody_days as numerator,
    race_ethnicity
from core.supervision
where sanction_custody_days is not null
