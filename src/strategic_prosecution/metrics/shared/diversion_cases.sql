-- grain: one row per diversion and other case of its participant, by when it was filed and what it is about happened
create or replace temp table diversion_cases as
select
    d.diversion_id,
    c.case_id,
    c.filed_date,
    -- what happened before a day is no new offense after it
    least(c.occurred_date, c.filed_date) as offense_date
from core.diversion as d
inner join core.person_records as pr on pr.record_table = 'diversion' and pr.record_id = d.diversion_id
inner join temp.case_people as p on p.person_id = pr.person_id and p.case_id is distinct from d.case_id
inner join temp.case_facts as c on c.case_id = p.case_id
