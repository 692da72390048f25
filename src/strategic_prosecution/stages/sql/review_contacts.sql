-- Grain: one row per incident: arrests, the office's contact with its victims, and witnesses; nobody is named.
with incidents as (
    select incident_id from temp.review_incidents where day >= $since and day < $day
),
arrested as (
    select incident_id, count(*) as arrests, min(arrest_date) as first_arrest
    from core.arrests
    where arrest_id not in (select record_id from core.sealed_records where record_table = 'arrests')
    group by incident_id
),
contacted as (
    select coalesce(victims.incident_id, cases.incident_id) as incident_id, count(*) as victims,
        count(first_contact_date) as contacted, min(first_contact_date) as first_contact,
        coalesce(sum(contact_count), 0)::bigint as contacts
    from core.victims
    left join core.cases using (case_id)
    where victim_id not in (select record_id from core.sealed_records where record_table = 'victims')
    group by 1
),
seen as (
    select incident_id, count(*) as witnesses
    from core.incident_people
    where role = 'witness'
        and incident_person_id not in (select record_id from core.sealed_records where record_table = 'incident_people')
    group by incident_id
)
select incident_id, coalesce(arrests, 0) as arrests, first_arrest, coalesce(victims, 0) as victims,
    coalesce(contacted, 0) as contacted, first_contact, coalesce(contacts, 0) as contacts,
    coalesce(witnesses, 0) as witnesses
from incidents
left join arrested using (incident_id)
left join contacted using (incident_id)
left join seen using (incident_id)
order by incident_id
