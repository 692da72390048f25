-- Grain: one row per spell of supervision or pretrial custody of a linked person.
select 'supervision' as kind, person_id, supervision_type, start_date as first_day, end_date as last_day
from core.supervision
join core.person_records on record_table = 'supervision' and record_id = supervision_id
union all
select 'custody', person_id, null, detained_from, detained_to
from core.custody
join core.person_records on record_table = 'custody' and record_id = custody_id
where detained_from is not null and coalesce(is_other_agency_hold, false) = false
order by all
