-- grain: one fact per case as first filed whose outcome counts; numerator = 1 if convicted of any charge
select
    case_id as unit_id,
    records,
    filed_date as event_date,
    (is_convicted)::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_fates
where is_counted
