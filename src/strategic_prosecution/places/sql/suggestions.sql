-- Grain: one row per street as it is written and the one street of the layer that has its numbers.
with
written as (
    select r.string_id, r.reading, r.street, n.street_id, min(n.penalty) as penalty
    from readings as r
    join numbered as n using (string_id, reading)
    semi join found as f on f.kind = n.kind and f.street_id = n.street_id and f.number = n.number
    group by all
),
nearest as (
    select string_id, street, street_id
    from written
    qualify penalty = min(penalty) over (partition by string_id)
),
single as (
    select string_id, min(street) as street, min(street_id) as street_id
    from nearest
    group by string_id
    having count(distinct street_id) = 1
),
-- A name that is a street of the layer is that street, whatever number it lacks.
own as (
    select distinct text from meanings where penalty < fault_size('suffix_differs') and not is_misspelt
),
final as (
    select s.street as alias, l.label as street, count(*) as strings
    from single as s
    join layer_streets as l using (street_id)
    where s.street not in (select text from own)
    group by s.street, l.label
)
select alias, street, strings from final order by alias, street;
