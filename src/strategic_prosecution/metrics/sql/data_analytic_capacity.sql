-- grain: one fact per analyst, and one per attorney
select
    staff_id as unit_id,
    start_date as from_date,
    -- end_date is the last day
    end_date + 1 as until_date,
    (role = 'analyst')::bigint as numerator,
    (role = 'attorney')::bigint as denominator
from core.staff
where role in ('analyst', 'attorney')
