-- grain: one fact per disposed case; a warrant or a superseded charging document is no disposition
select case_id as unit_id, disposition_date as event_date, 1 as numerator, unnest(dimensions)
from temp.case_facts
where disposition_date is not null
