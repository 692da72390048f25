-- grain: one row per case and person among its defendants: of what they were convicted here in the three years (1,095
-- days) before it was filed, so that every cohort looks back as far as any other
create or replace temp table case_priors as
with
earlier as (
    select
        p.case_id,
        p.person_id,
        bool_or(k.has_violence) as has_violence,
        bool_or(k.has_felony) as has_felony,
        bool_or(k.has_misdemeanor) as has_misdemeanor,
        bool_or(k.has_unknown) as has_unknown
    from temp.case_people as p
    inner join temp.case_facts as c on c.case_id = p.case_id
    inner join temp.case_people as other on other.person_id = p.person_id
    inner join temp.case_convictions as k
        on k.case_id = other.case_id and k.convicted_date >= c.filed_date - 1095 and k.convicted_date < c.filed_date
    group by p.case_id, p.person_id
)
select
    p.case_id,
    p.person_id,
    coalesce(e.has_violence, false) as has_violence,
    coalesce(e.has_felony, false) as has_felony,
    coalesce(e.has_misdemeanor, false) as has_misdemeanor,
    coalesce(e.has_unknown, false) as has_unknown
from temp.case_people as p
left join earlier as e on e.case_id = p.case_id and e.person_id = p.person_id
where p.is_followed
