-- Grain: one row per open referral or open case of a person. Reads strategy_records.
with charged as (
    select record_id, person_id, incident_id, case_id
    from strategy_records
    where record_table = 'defendants'
),
open_records as (
    select 'defendants' as record_table, record_id, true as is_filed
    from charged
    join core.cases using (case_id)
    where disposition_date is null and disposition is null
    union all
    select 'referrals', referral_id, false
    from core.referrals
    where case_id is null and (screen_date is null or screen_result = 'continued')
)
select
    record_table,
    record_id,
    confirmed_person_id as person,
    person_id as linked_person,
    incident_id,
    case_id,
    event_date,
    birth_date,
    offense_category,
    severity,
    injury,
    weapon,
    is_domestic,
    is_filed
from strategy_records
join open_records using (record_table, record_id)
-- Charged in the meantime, though the referral does not name the case.
where is_filed or not exists (
    select 1 from charged
    where charged.person_id = strategy_records.person_id and charged.incident_id = strategy_records.incident_id
)
order by record_table, record_id
