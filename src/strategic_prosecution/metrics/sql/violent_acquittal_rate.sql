-- grain: one fact per violent case as first filed whose outcome counts; numerator = 1 if acquitted
select
    case_id as unit_id,
    records,
    filed_date as event_date,
    (is_acquitted)::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_fates
where is_counted and is_violent
