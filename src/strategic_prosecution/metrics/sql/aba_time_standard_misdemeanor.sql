-- grain: one fact per disposed misdemeanor case; numerator = 1 if disposed within 30 days of filing
select
    case_id as unit_id,
    disposition_date as event_date,
    (clock_days <= 30)::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_facts
where severity = 'misdemeanor' and disposition_date is not null and clock_days >= 0
