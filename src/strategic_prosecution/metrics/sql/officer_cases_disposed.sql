-- grain: one fact per case against an officer disposed
select case_id as unit_id, disposition_date as event_date, 1 as numerator
from temp.case_facts
where is_against_officer and disposition_date is not null
