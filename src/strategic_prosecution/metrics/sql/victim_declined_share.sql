-- grain: one fact per victim of whom it is recorded; numerator = 1 if the victim chose not to take part
select
    victim_id as unit_id,
    opened_date as event_date,
    declined_participation::bigint as numerator,
    1 as denominator,
    race_ethnicity
from core.victims
where declined_participation is not null
