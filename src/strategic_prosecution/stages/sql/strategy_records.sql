-- Grain: one row per record that accuses a linked person: named as a suspect, arrested, referred or charged.
-- What was found unfounded, and what ended in an acquittal, accuses nobody.
with accused as (
    select 'incident_people' as record_table, incident_person_id as record_id, incident_id, null as case_id,
        null::date as own_date, birth_date, null::boolean as own_domestic, null as own_offense,
        null as severity, null as place_id, null as disposition
    from core.incident_people
    where role = 'suspect'
    union all
    select 'arrests', arrest_id, incident_id, null,
        arrest_date, birth_date, is_domestic, offense_category, severity, place_id, null
    from core.arrests
    union all
    select 'referrals', referral_id, coalesce(referrals.incident_id, cases.incident_id), case_id,
        received_date, birth_date, null, referrals.offense_category, severity, null, null
    from core.referrals
    left join core.cases using (case_id)
    union all
    select 'defendants', defendant_id, cases.incident_id, case_id,
        filed_date, birth_date, null, cases.offense_category, filed_severity, null, disposition
    from core.defendants
    join core.cases using (case_id)
),
linked as (
    select accused.*, person_id, confirmed_person_id
    from accused
    join core.person_records using (record_table, record_id)
),
acquitted as (
    select confirmed_person_id, incident_id
    from linked
    where record_table = 'defendants' and incident_id is not null
    group by all
    having bool_and(coalesce(disposition = 'not_guilty', false))
)
select
    record_table,
    record_id,
    person_id,
    confirmed_person_id,
    incident_id,
    case_id,
    coalesce(own_date, incidents.occurred_date) as record_date,
    coalesce(incidents.occurred_date, own_date) as event_date,
    record_table in ('arrests', 'defendants') as is_charge,
    coalesce(own_domestic, false) or coalesce(incidents.is_domestic, false) as is_domestic,
    coalesce(own_offense, incidents.offense_category) as offense_category,
    severity,
    incidents.weapon,
    incidents.injury,
    coalesce(linked.place_id, incidents.place_id) as place_id,
    -- The youngest that any record makes the person; a likely link alone tells nobody's age.
    case
        when max(linked.birth_date) over (partition by confirmed_person_id) is not null
            then greatest(max(linked.birth_date) over (partition by confirmed_person_id), people.birth_date)
    end as birth_date
from linked
join core.people using (person_id)
left join core.incidents using (incident_id)
where coalesce(incidents.clearance_status, 'unknown') <> 'unfounded'
    and coalesce(disposition, 'unknown') <> 'not_guilty'
    and (confirmed_person_id, coalesce(incident_id, '')) not in (from acquitted)
order by record_table, record_id
