-- Grain: one row per cell of mart.metrics, as it stands at the end of a day.
-- A day stores what is recent or has changed since the last month end that was computed; what it says is that and, for
-- the rest, the newest row before it. So this, not the stored rows, is what two histories of runs must agree on.
with newest as (
    select *
    from mart.metrics
    where as_of <= $as_of
    qualify row_number() over (
        partition by metric, period, period_start, breakdown, segment order by as_of desc
    ) = 1
)
select * replace ($as_of::date as as_of)
from newest
where note is distinct from 'no longer in the data'
