-- Grain: one row per metric, breakdown and area in the latest complete year, or quarter where no year is complete.
with newest as (
    select *
    from mart.metrics
    where as_of <= $as_of and breakdown in ($layer, $residence) and period in ('quarter', 'year')
    qualify row_number() over (
        partition by metric, period, period_start, breakdown, segment order by as_of desc
    ) = 1
),
latest as (
    select *
    from newest
    where complete and note is distinct from 'no longer in the data'
    qualify period_start = max(period_start) over (partition by metric, breakdown, period)
)
select metric, period, period_start, period_end, breakdown, segment, numerator, denominator
from latest
qualify period = 'year' or count(*) filter (where period = 'year') over (partition by metric, breakdown) = 0
order by metric, breakdown, segment
