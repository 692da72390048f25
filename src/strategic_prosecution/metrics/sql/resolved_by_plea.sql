-- grain: one fact per case first filed 365 days ago or more, its state then known; numerator = 1 if resolved by plea
select
    case_id as unit_id,
    records,
    filed_date as event_date,
    (kind_by_day_365 = 'plea')::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_fates
where kind_by_day_365 is not null
