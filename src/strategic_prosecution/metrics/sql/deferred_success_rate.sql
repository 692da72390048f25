-- grain: one fact per deferred judgment that ended; numerator = 1 if completed
select
    diversion_id as unit_id,
    end_date as event_date,
    (exit_status = 'completed')::bigint as numerator,
    1 as denominator,
    race_ethnicity
from core.diversion
where diversion_type = 'deferred_judgment' and exit_status in ('completed', 'failed', 'withdrawn')
