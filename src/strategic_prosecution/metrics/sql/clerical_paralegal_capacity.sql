-- grain: one fact per member of staff whose role is known; numerator = 1 if clerk or paralegal
select
    staff_id as unit_id,
    start_date as from_date,
    -- end_date is the last day
    end_date + 1 as until_date,
    (role in ('clerical', 'paralegal'))::bigint as numerator,
    1 as denominator
from core.staff
where role not in ('unknown', 'unmapped')
