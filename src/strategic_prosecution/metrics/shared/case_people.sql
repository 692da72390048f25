-- grain: one row per case and linked person among its defendants
create or replace temp table case_people as
with
people as (
    select distinct
        d.case_id,
        coalesce(pr.person_id, d.defendant_id) as person_id
    from core.defendants as d
    left join core.person_records as pr on pr.record_table = 'defendants' and pr.record_id = d.defendant_id
)
select
    *,
    -- where nobody has a second case, nobody is told apart from the rest: then no past is known, not an empty one
    (select count(*) > count(distinct person_id) from people) as is_followed
from people
