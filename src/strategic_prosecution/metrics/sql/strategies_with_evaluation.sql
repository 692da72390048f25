-- grain: one fact per strategy of which it is recorded; numerator = 1 if an evaluation was registered before the start
select
    strategy_id as unit_id,
    start_date as event_date,
    has_evaluation::bigint as numerator,
    1 as denominator
from core.strategies
where has_evaluation is not null
