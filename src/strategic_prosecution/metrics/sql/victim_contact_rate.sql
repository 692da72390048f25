-- grain: one fact per victim; numerator = 1 if contacted by as_of
select
    victim_id as unit_id,
    opened_date as event_date,
    coalesce(first_contact_date <= $as_of, false)::bigint as numerator,
    1 as denominator,
    race_ethnicity
from core.victims
