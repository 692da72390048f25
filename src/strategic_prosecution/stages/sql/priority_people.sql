-- Grain: one row per person, with the first day on which a record accuses them (null: none does).
with accused as (
    select 'incident_people' as record_table, incident_person_id as record_id, occurred_date as day
    from core.incident_people
    join core.incidents using (incident_id)
    where role = 'suspect'
    union all
    select 'arrests', arrest_id, arrest_date from core.arrests
    union all
    select 'referrals', referral_id, received_date from core.referrals
    union all
    select 'defendants', defendant_id, filed_date from core.defendants join core.cases using (case_id)
),
first_days as (
    select person_id, min(day) as first_day
    from accused
    join core.person_records using (record_table, record_id)
    group by person_id
)
select person_id as person, birth_date, sex, first_day
from core.people
left join first_days using (person_id)
order by person_id
