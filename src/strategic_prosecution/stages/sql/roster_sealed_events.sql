-- Grain: one row per event of the participations that is sealed: an incident, or the docket of a case.
select 'incident/' || record_id as event_id
from core.sealed_records
where record_table = 'incidents'
union
select 'docket/' || coalesce(docket_id, case_id)
from core.cases
where case_id in (select record_id from core.sealed_records where record_table = 'cases')
