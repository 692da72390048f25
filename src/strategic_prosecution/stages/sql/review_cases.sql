-- Grain: one row per incident and referral or case that came of it.
with referred as (
    select incident_id, case_id, received_date, screen_date, screen_result
    from core.referrals
    where referral_id not in (select record_id from core.sealed_records where record_table = 'referrals')
        and (case_id is null or case_id not in (select case_id from temp.closed_cases))
),
filed as (
    select coalesce(cases.incident_id, referred.incident_id) as incident_id, case_id, cases.filed_date,
        cases.first_filed_charge, cases.disposition_date, cases.disposition, referred.received_date,
        referred.screen_date, referred.screen_result
    from core.cases
    full join referred using (case_id)
    where case_id is not null and case_id not in (select case_id from temp.closed_cases)
    union all
    select incident_id, null, null, null, null, null, received_date, screen_date, screen_result
    from referred
    where case_id is null
),
coming as (
    select case_id, hearing_date, hearing_type
    from core.hearings
    where hearing_date >= $day
        and hearing_id not in (select record_id from core.sealed_records where record_table = 'hearings')
    qualify row_number() over (partition by case_id order by hearing_date, hearing_id) = 1
)
select distinct incident_id, case_id, filed_date, first_filed_charge, disposition_date, disposition, received_date,
    screen_date, screen_result, hearing_date, hearing_type
from filed
left join coming using (case_id)
where incident_id in (select incident_id from temp.review_incidents where day >= $since and day < $day)
order by incident_id, received_date, filed_date, case_id
