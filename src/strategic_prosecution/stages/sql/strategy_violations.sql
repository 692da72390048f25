-- Grain: one row per spell of supervision with a violation.
select person_id as person, supervision_type, violation_date, sanction_date, end_date
from core.supervision
left join core.person_records on record_table = 'supervision' and record_id = supervision_id
where violation_date is not null
order by supervision_id
