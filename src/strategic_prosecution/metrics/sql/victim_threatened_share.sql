-- grain: one fact per victim of whom it is recorded; numerator = 1 if the victim reported a threat
select
    victim_id as unit_id,
    opened_date as event_date,
    was_threatened::bigint as numerator,
    1 as denominator,
    race_ethnicity
from core.victims
where was_threatened is not null
