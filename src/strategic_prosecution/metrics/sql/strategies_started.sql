-- grain: one fact per strategy
select strategy_id as unit_id, start_date as event_date, 1 as numerator, area_id
from core.strategies
