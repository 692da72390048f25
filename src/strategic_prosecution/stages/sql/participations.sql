-- Grain: one row per person, event and kind of record: who was arrested, charged or named as a suspect together.
-- The event is the incident; a docket without one stands for itself.
with arrested as (
    select 'arrest' as kind, 'arrests' as record_table, arrest_id as record_id,
        'incident/' || incident_id as event_id, arrest_date as event_date, is_domestic,
        offense_category = 'public_order' as is_protest
    from core.arrests
    where incident_id is not null
),
charged as (
    select 'case', 'defendants', defendant_id,
        coalesce('incident/' || cases.incident_id, 'docket/' || coalesce(cases.docket_id, cases.case_id)),
        cases.filed_date, null::boolean, cases.offense_category = 'public_order'
    from core.defendants
    join core.cases using (case_id)
),
suspected as (
    select 'suspect', 'incident_people', incident_person_id, 'incident/' || incident_id,
        incidents.occurred_date, incidents.is_domestic, incidents.offense_category = 'public_order'
    from core.incident_people
    join core.incidents using (incident_id)
    where role = 'suspect'
),
everybody as (
    select * from arrested union all select * from charged union all select * from suspected
)
select event_id, person_id, event_date, people.birth_date, is_domestic, is_protest, kind
from everybody
join core.person_records using (record_table, record_id)
join core.people using (person_id)
order by event_id, kind, record_id
