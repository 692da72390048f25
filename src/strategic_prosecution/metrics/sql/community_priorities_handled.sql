-- grain: one fact per strategy of which it is known who raised the problem; numerator = 1 if residents did
select
    strategy_id as unit_id,
    start_date as event_date,
    (origin = 'residents')::bigint as numerator,
    1 as denominator
from core.strategies
where origin in ('residents', 'police', 'office', 'partners')
