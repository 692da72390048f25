-- grain: one fact per contact in a neighborhood of known income; numerator = 1 in the poorest two fifths of areas
select
    outreach_id as unit_id,
    outreach_date as event_date,
    (income_quintile in ('1', '2'))::bigint as numerator,
    1 as denominator
from temp.outreach_facts
where is_in_neighborhood and income_quintile is not null
