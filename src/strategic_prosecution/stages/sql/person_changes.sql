-- Grain: one row per person of the run before and other person that has records of it now, or one for a person withdrawn.
with went as (
    select before.person_id, after.person_id as other_person_id, count(*) as records
    from before join after using (record_table, record_id)
    group by all
),
heirs as (
    select person_id, other_person_id from went
    qualify row_number() over (
        partition by person_id order by person_id = other_person_id desc, records desc, other_person_id
    ) = 1
),
shared as (
    select other_person_id from heirs group by all having count(*) > 1
)
select
    person_id,
    case
        when (person_id, other_person_id) not in (from heirs) then 'split'
        when other_person_id in (from shared) then 'merged'
        else 'renamed'
    end as change,
    other_person_id,
    records
from went where person_id <> other_person_id
union all
select distinct person_id, 'withdrawn', null, null from before
where person_id not in (select person_id from went)
order by person_id, change, other_person_id
