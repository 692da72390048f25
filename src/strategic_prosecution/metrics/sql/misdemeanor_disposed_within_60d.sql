-- grain: one fact per misdemeanor case filed 60 days ago or more, on no warrant then; numerator = 1 if disposed
select
    case_id as unit_id,
    filed_date as event_date,
    (disposition_date is not null and clock_days <= 60)::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_facts
where severity = 'misdemeanor'
  and filed_date + 60 <= $as_of
  and clock_days >= 0
  and (disposition_date is not null or clock_days >= 60)
