-- grain: one fact per commitment with a due day; numerator = 1 if done by then
select
    commitment_id as unit_id,
    due_date as event_date,
    coalesce(done_date <= due_date, false)::bigint as numerator,
    1 as denominator
from core.commitments
where due_date is not null
