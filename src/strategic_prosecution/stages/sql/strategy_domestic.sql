-- Grain: one row per record that accuses a person in a domestic incident, and one per felony conviction of a person.
-- Reads strategy_records. What says that several people were arrested is read from all arrests: one whose record is
-- sealed, or nobody's, was there all the same.
with together as (
    select incident_id
    from core.arrests
    left join core.person_records on record_table = 'arrests' and record_id = arrest_id
    group by incident_id
    having count(distinct coalesce(confirmed_person_id, arrest_id)) > 1
    union
    select incident_id
    from core.defendants
    join core.cases using (case_id)
    left join core.person_records on record_table = 'defendants' and record_id = defendant_id
    group by incident_id
    having count(distinct coalesce(confirmed_person_id, defendant_id)) > 1
),
victims as (
    select incident_id, person_id
    from core.incident_people
    join core.person_records on record_table = 'incident_people' and record_id = incident_person_id
    where role = 'victim'
),
checks as (
    select confirmed_person_id, call_in_checks.known_on, primary_aggressor
    from desk.call_in_checks
    join core.person_records using (record_table, record_id)
    where known_on <= $as_of
    qualify row_number() over (partition by check_id order by recorded_at desc, call_in_checks.rowid desc) = 1
),
accused as (
    select
        records.*,
        case
            when incident_id is not null
                then incident_id in (select incident_id from together where incident_id is not null)
                    or (incident_id, person_id) in (from victims)
        end as is_dual
    from strategy_records as records
    where is_domestic
),
said as (
    select accused.record_table, accused.record_id, min(primary_aggressor) as primary_aggressor
    from accused
    join checks using (confirmed_person_id)
    where checks.known_on >= accused.event_date and primary_aggressor in ('yes', 'no')
    group by all
    having count(distinct primary_aggressor) = 1
),
-- Of a docket with several defendants nobody knows whose conviction it is.
sole as (
    select case_id from core.defendants group by case_id having count(*) = 1
),
convicted as (
    select case_id, disposition_date as event_date
    from core.cases
    where disposition in ('guilty_plea', 'guilty_trial') and disposition_severity = 'felony'
    union
    select case_id, disposition_date
    from core.charges
    where disposition in ('guilty_plea', 'guilty_trial') and severity = 'felony'
),
newest as (
    select confirmed_person_id, max_by(incident_id, event_date || incident_id)
    from strategy_records
    where is_domestic and is_charge and incident_id is not null
    group by confirmed_person_id
)
select
    confirmed_person_id as person,
    case when is_charge then 'charge' else 'complaint' end as kind,
    incident_id as event_id,
    event_date,
    birth_date,
    is_charge and coalesce(weapon in ('firearm', 'knife', 'other'), false) as is_weapon_used,
    is_dual,
    primary_aggressor
from accused
left join said using (record_table, record_id)
where record_table <> 'referrals' or incident_id is not null
union all
select confirmed_person_id, 'felony_conviction', null, max(convicted.event_date), max(birth_date), false, false, null
from strategy_records as records
join sole using (case_id)
join convicted using (case_id)
where record_table = 'defendants'
    -- A history is of another case than the charge itself, and of conduct after the 18th birthday.
    and (confirmed_person_id, coalesce(incident_id, '')) not in (from newest)
    and records.event_date >= records.birth_date + interval 18 year
group by confirmed_person_id, case_id
order by all
