-- Grain: one row per named record that is in the newest core: what it says of the person, and of which lead that is.
-- Nobody enters the roster by a record in which they were a victim or a witness.
with parts as (
    select 'incident_people' as record_table, incident_person_id as record_id, role from core.incident_people
)
select
    named.record_table, named.record_id, person_id, lead_number,
    given_name, family_name, birth_date, state_id, fbi_id, source_person_id, race_ethnicity, sex,
    parts.record_id is not null and role is distinct from 'suspect' as is_other_side
from named_records as named
join core.person_records using (record_table, record_id)
join people_in_core using (record_table, record_id)
left join core.lead_members using (person_id)
left join parts using (record_table, record_id)
order by named.record_table, named.record_id
