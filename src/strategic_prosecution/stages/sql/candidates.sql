-- Grain: one row per candidate record: what the newest core and the newest checks say of its person.
-- Inputs: temp.candidate_records (record_table, record_id, person_id, linked_person_id), temp.candidates_sealed.
-- What keeps a person off a list is looked for by all links; what speaks for the person, by certain links alone.
with links as (
    select record_table, record_id, confirmed_person_id as person_id, person_id as linked_person_id
    from core.person_records
    where (record_table, record_id) not in (select record_table, record_id from temp.candidates_sealed)
),

accusing as (
    -- The day of what happened, where it is before the record's own: an arrest at 18 may be for something at 17.
    select 'arrests' as record_table, arrest_id as record_id, least(arrest_date, occurred_date) as day
    from core.arrests
    left join core.incidents using (incident_id)
    union all
    select 'referrals', referral_id, least(received_date, occurred_date)
    from core.referrals
    left join core.incidents using (incident_id)
    union all
    select 'defendants', defendant_id, least(filed_date, occurred_date)
    from core.defendants
    left join core.cases using (case_id)
    left join core.incidents using (incident_id)
    union all
    select 'incident_people', incident_person_id, occurred_date
    from core.incident_people
    left join core.incidents using (incident_id)
    where role = 'suspect'
    union all
    select 'supervision', supervision_id, start_date from core.supervision
    union all
    select 'custody', custody_id, least(decision_date, detained_from, filed_date, occurred_date)
    from core.custody
    left join core.cases using (case_id)
    left join core.incidents using (incident_id)
),

accused as (
    select person_id, max(day) filter (day <= $on) as last_accused_date
    from links
    join accusing using (record_table, record_id)
    group by person_id
),

matters as (
    select 'defendants' as record_table, defendant_id as record_id, case_id from core.defendants
    union all
    select 'referrals', referral_id, case_id from core.referrals
    union all
    select 'custody', custody_id, case_id from core.custody
    union all
    select 'diversion', diversion_id, case_id from core.diversion
),

prosecuted as (
    select
        linked_person_id,
        -- A disposition that we cannot read may be a warrant; a reopened case has no second end on record.
        bool_or(
            disposition_date is null
            or coalesce(disposition, 'unknown') in ('warrant', 'unknown', 'unmapped')
            or coalesce(is_reopened, false)
        ) as has_open_case,
        bool_or(coalesce(disposition = 'warrant', false)) as has_bench_warrant
    from links
    join matters using (record_table, record_id)
    left join core.cases on cases.case_id = matters.case_id
    -- A jail numbers cases of other courts too; a defendant is one here, whatever became of the case's row.
    where cases.case_id is not null or record_table = 'defendants'
    group by linked_person_id
),

screened as (
    select distinct linked_person_id
    from links
    join core.referrals on record_table = 'referrals' and record_id = referral_id
    where case_id is null and coalesce(screen_result, 'unknown') in ('continued', 'unknown', 'unmapped')
),

held as (
    select distinct linked_person_id
    from links
    join core.custody on record_table = 'custody' and record_id = custody_id
    where coalesce(detained_to > $on, true) and (detained_from is not null or decision_type = 'detained')
),

supervised as (
    select person_id, supervision_type, end_date as supervised_until, officer
    from links
    join core.supervision on record_table = 'supervision' and record_id = supervision_id
    where supervision_type in ('probation', 'parole') and start_date <= $on and coalesce(end_date >= $on, true)
    qualify row_number() over (partition by person_id order by end_date desc nulls last, record_id) = 1
),

checks as (
    from desk.call_in_checks
    qualify row_number() over (partition by record_table, record_id order by recorded_at desc, rowid desc) = 1
),

-- A yes counts whatever record of the person it was said of; all else only for the record that was checked.
found as (
    select
        linked_person_id,
        bool_or(coalesce(open_warrant = 'yes', false)) as has_warrant,
        bool_or(coalesce(in_custody = 'yes', false)) as is_held,
        bool_or(coalesce(counsel = 'yes', false)) as has_counsel
    from checks
    join links using (record_table, record_id)
    group by linked_person_id
)

select
    candidates.record_table,
    candidates.record_id,
    accused.person_id is not null as has_accused_record,
    last_accused_date,
    coalesce(has_open_case, false) or screened.linked_person_id is not null as has_open_case,
    case
        when has_bench_warrant or has_warrant then true
        when checks.open_warrant = 'no' then false
    end as has_open_warrant,
    -- Who clears a warrant that nobody looked for clears nothing.
    case when checks.open_warrant in ('yes', 'no') then warrant_cleared_by end as warrant_cleared_by,
    case when found.has_counsel then true when checks.counsel = 'no' then false end as has_counsel,
    counsel_consent_on,
    case
        when held.linked_person_id is not null or is_held then true
        when checks.in_custody = 'no' then false
    end as is_in_custody,
    deconflicted_on,
    advocate_cleared_on,
    mandated_by,
    supervision_type,
    supervised_until,
    officer
from temp.candidate_records as candidates
left join accused on accused.person_id = candidates.person_id
left join prosecuted on prosecuted.linked_person_id = candidates.linked_person_id
left join screened on screened.linked_person_id = candidates.linked_person_id
left join held on held.linked_person_id = candidates.linked_person_id
left join supervised on supervised.person_id = candidates.person_id
left join found on found.linked_person_id = candidates.linked_person_id
left join checks
    on checks.record_table = candidates.record_table
    and checks.record_id = candidates.record_id
    and checks.known_on <= $on
