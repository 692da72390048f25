-- grain: one fact per case assigned to an attorney, until its clock stops, and one per attorney with a caseload
select
    case_id as unit_id,
    [case_id] as records,
    filed_date as from_date,
    stopped_date as until_date,
    1 as numerator,
    0 as denominator
from temp.case_facts
where attorney_id is not null
union all
-- end_date is the last day
select staff_id, [], start_date, end_date + 1, 0, 1
from core.staff
where role = 'attorney' and has_caseload
