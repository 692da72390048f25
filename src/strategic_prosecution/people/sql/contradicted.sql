-- Grain: one row per record of which neither birth date nor any name agrees with what most records under its identifier
-- say (ties: the earliest): an alias under a right number, or a wrong number. has_number: it carries the number itself,
-- and is not only led to it by a system's key.
with counted as (
    select identity, birth, given_key, family_key, given_forms, count(*) as records, min(row) as first_row
    from said join writings using (writing)
    where identity is not null and birth is not null
    group by all
),
usual as (
    select * from counted
    qualify row_number() over (partition by identity order by records desc, first_row) = 1
)
select row, usual.first_row as usual_row, has_number
from said
join writings using (writing)
join usual using (identity)
where abs(year(said.birth) - year(usual.birth)) > 1
    and damerau_levenshtein(strftime(said.birth, '%Y%m%d'), strftime(usual.birth, '%Y%m%d')) > 1
    and (month(said.birth), day(said.birth)) <> (day(usual.birth), month(usual.birth))
    and writings.given_key not in (usual.given_key, usual.family_key)
    and writings.family_key not in (usual.given_key, usual.family_key)
    and not list_has_any(writings.given_forms, usual.given_forms)
order by row;
