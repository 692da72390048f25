-- grain: one fact per disposed case, and one per case filed; a superseded document is in neither number
select case_id as unit_id, disposition_date as event_date, 1 as numerator, 0 as denominator, unnest(dimensions)
from temp.case_facts
-- what has no filing day was never counted as filed
where disposition_date is not null and filed_date is not null
union all by name
select case_id as unit_id, filed_date as event_date, 0 as numerator, 1 as denominator, unnest(dimensions)
from temp.case_facts
where stopped_by is distinct from 'superseded'
