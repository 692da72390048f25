-- grain: one fact per victim contacted by as_of; numerator = days from when the office learned of the victim
select
    victim_id as unit_id,
    opened_date as event_date,
    greatest(first_contact_date - opened_date, 0) as numerator,
    1 as denominator,
    race_ethnicity
from core.victims
where first_contact_date <= $as_of
