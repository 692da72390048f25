-- grain: one row per case whose defendant was released before trial, and that has since ended or stopped at a warrant
create or replace temp table pretrial_releases as
with
released as (
    select
        f.case_id,
        f.custody_ids,
        f.released_date,
        c.stopped_date as ended_date,
        c.stopped_by = 'warrant' as is_warrant,
        f.residence_area,
        f.race_ethnicity
    from temp.first_decisions as f
    inner join temp.case_facts as c on c.case_id = f.case_id
    where f.released_date < c.stopped_date and c.stopped_by is distinct from 'superseded'
),
attended as (
    select r.case_id, bool_or(not h.defendant_appeared) as has_missed
    from released as r
    inner join core.hearings as h
        on h.case_id = r.case_id and h.hearing_date > r.released_date and h.hearing_date <= r.ended_date
    where h.defendant_appeared is not null
    group by r.case_id
),
arrested as (
    select distinct r.case_id
    from released as r
    inner join temp.case_people as p on p.case_id = r.case_id
    inner join temp.arrest_facts as a
        on a.person_id = p.person_id and a.arrest_date > r.released_date and a.arrest_date <= r.ended_date
    left join temp.incident_facts as i on i.incident_id = a.incident_id
    -- what happened before is no new offense
    where i.occurred_date is null or i.occurred_date > r.released_date
)
select
    r.*,
    -- null where nothing is known of attendance
    attended.has_missed or (r.is_warrant and attended.case_id is not null) as has_missed,
    arrested.case_id is not null as is_arrested,
    exists (select 1 from temp.case_people as p where p.case_id = r.case_id and p.is_followed) as is_followed
from released as r
left join attended on attended.case_id = r.case_id
left join arrested on arrested.case_id = r.case_id
