-- Grain: one row per arrest of a linked person.
select
    person_id as person,
    arrest_date,
    coalesce(offense_category in (select unnest($violent)), false) as is_violent,
    coalesce(is_proactive, false) as is_proactive,
    incident_id
from core.arrests
join core.person_records on record_table = 'arrests' and record_id = arrest_id
order by arrest_id
