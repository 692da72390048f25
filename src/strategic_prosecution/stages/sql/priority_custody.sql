-- Grain: one row per booking of a linked person into pretrial detention; it ends with the case, if not before.
-- As pretrial_detention_days counts them.
select
    person_id as person,
    detained_from,
    -- least() passes over nulls: released, or disposed of, or still there
    least(
        detained_to,
        case when coalesce(disposition, 'unknown') not in ('warrant', 'superseded') then disposition_date end
    ) as detained_to
from core.custody
join core.person_records on record_table = 'custody' and record_id = custody_id
left join core.cases on cases.case_id = custody.case_id
where detained_from is not null and is_other_agency_hold is not true
order by custody_id
