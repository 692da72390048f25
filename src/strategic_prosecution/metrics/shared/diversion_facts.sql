-- grain: one row per diversion whose participant is followed through cases
create or replace temp table diversion_facts as
select
    d.diversion_id,
    d.diversion_type,
    d.accepted_date,
    d.start_date,
    d.end_date,
    d.exit_status,
    c.severity,
    d.race_ethnicity
from core.diversion as d
inner join core.person_records as pr on pr.record_table = 'diversion' and pr.record_id = d.diversion_id
left join temp.case_facts as c on c.case_id = d.case_id
where (select bool_or(is_followed) from temp.case_people)
