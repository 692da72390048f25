-- Grain: one row per person, event and kind of record: who was arrested, charged or named as a suspect together.
-- The event is the incident; a docket without one stands for itself.
-- What the incident says of itself (domestic, public order) holds for every record of it.
with arrested as (
    select 'arrest' as kind, 'arrests' as record_table, arrest_id as record_id,
        'incident/' || arrests.incident_id as event_id, arrest_date as event_date,
        coalesce(arrests.is_domestic, false) or coalesce(incidents.is_domestic, false) as is_domestic,
        coalesce(arrests.offense_category = 'public_order', false)
            or coalesce(incidents.offense_category = 'public_order', false) as is_protest
    from core.arrests
    left join core.incidents on incidents.incident_id = arrests.incident_id
    where arrests.incident_id is not null
),
charged as (
    select 'case', 'defendants', defendant_id,
        coalesce('incident/' || cases.incident_id, 'docket/' || coalesce(cases.docket_id, cases.case_id)),
        cases.filed_date, coalesce(incidents.is_domestic, false),
        coalesce(cases.offense_category = 'public_order', false)
            or coalesce(incidents.offense_category = 'public_order', false)
    from core.defendants
    join core.cases using (case_id)
    left join core.incidents on incidents.incident_id = cases.incident_id
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
select event_id, person_id, confirmed_person_id, event_date, people.birth_date, is_domestic, is_protest, kind
from everybody
join core.person_records using (record_table, record_id)
join core.people using (person_id)
order by event_id, kind, record_id
