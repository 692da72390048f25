-- grain: one fact per strategy, from its first day to its last
select
    strategy_id as unit_id,
    start_date as from_date,
    -- end_date is its last day
    end_date + 1 as until_date,
    area_id
from core.strategies
