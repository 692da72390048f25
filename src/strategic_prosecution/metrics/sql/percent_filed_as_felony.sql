-- grain: one fact per case filed with a known severity; numerator = 1 if a felony
select
    case_id as unit_id,
    filed_date as event_date,
    (severity = 'felony')::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_facts
where severity not in ('unknown', 'unmapped')
