-- Grain: one row per table with people: records, and how race/ethnicity is recorded there.
-- A person, by all links, disagrees where more than one known value stands on the person's records in this table and in
-- the others together; known is neither unknown nor unmapped.
with known as (
    select distinct r.table_name, p.person_id, r.race_ethnicity
    from temp.race_records as r
    inner join core.person_records as p on p.record_table = r.table_name and p.record_id = r.record_id
    where r.race_ethnicity not in ('unknown', 'unmapped')
),
people as (
    select person_id, count(distinct table_name) as tables, count(distinct race_ethnicity) as said
    from known
    group by person_id
),
elsewhere as (
    select k.table_name, count(*)::bigint as people, count(*) filter (where p.said > 1)::bigint as disagreeing
    from (select distinct table_name, person_id from known) as k
    inner join people as p on p.person_id = k.person_id and p.tables > 1
    group by k.table_name
),
counted as (
    select
        table_name,
        count(*)::bigint as records,
        count(*) filter (where coalesce(race_ethnicity, 'unknown') = 'unknown')::bigint as unknown,
        count(*) filter (where race_ethnicity = 'unmapped')::bigint as unmapped
    from temp.race_records
    group by table_name
)
select
    $as_of as as_of,
    c.table_name,
    c.records,
    c.unknown,
    c.unmapped,
    coalesce(e.people, 0) as people_elsewhere,
    coalesce(e.disagreeing, 0) as people_disagreeing
from counted as c
left join elsewhere as e on e.table_name = c.table_name
order by c.table_name
