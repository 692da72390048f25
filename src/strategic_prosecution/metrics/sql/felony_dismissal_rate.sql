-- grain: one fact per felony case as first filed whose outcome counts; numerator = 1 if every charge was dismissed
select
    case_id as unit_id,
    records,
    filed_date as event_date,
    (kind = 'dismissed')::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_fates
where is_counted and severity = 'felony'
