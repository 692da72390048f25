-- Grain: one row per metric and period over all, the newest as known on a day: what charts and windows compare.
with newest as (
    select *
    from mart.metrics
    where as_of <= $as_of and breakdown = ''
    qualify row_number() over (partition by metric, period, period_start order by as_of desc) = 1
)
select metric, period, period_start, period_end, numerator, denominator, complete
from newest
-- A figure that is no longer in the data has none.
where numerator is not null
order by metric, period, period_start
