-- grain: one fact per case against an officer filed
select case_id as unit_id, filed_date as event_date, 1 as numerator
from temp.case_facts
where is_against_officer and filed_date is not null
