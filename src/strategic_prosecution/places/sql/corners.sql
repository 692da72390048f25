-- Grain: one row per string, reading with two to four streets, and point where they meet.
-- Streets meet at a node of the layer or a named intersection; failing that, where their ends come within 40 m of
-- each other; failing that, a second street that was cut off is the only street the first one meets that begins so.
create or replace temp table corners as
with
slots as (
    select r.string_id, r.reading, r.slot, r.slots, r.street, r.fault, s.day
    from readings as r
    join strings as s using (string_id)
    where r.kind = 'intersection'
),
meant as (
    select s.*, m.street_id, m.is_misspelt, m.penalty, m.faults
    from slots as s
    join meanings as m on m.text = s.street
    where s.day is null or (s.day >= coalesce(m.valid_from, s.day) and s.day < coalesce(m.valid_to, s.day + 1))
),
pairs as (
    select
        a.string_id,
        a.reading,
        a.slots,
        a.street_id,
        b.street_id as other_id,
        a.fault,
        a.is_misspelt::integer + b.is_misspelt::integer as misspelt,
        a.penalty + b.penalty + fault_size(a.fault) as penalty,
        concat_ws(';', nullif(a.fault, ''), nullif(a.faults, ''), nullif(b.faults, '')) as faults
    from meant as a
    join meant as b using (string_id, reading)
    where a.slot = 0 and b.slot = 1 and a.street_id <> b.street_id
),
meeting as (
    select pairs.*, c.node, c.other_node
    from pairs
    join layer_corners as c on c.street_id = pairs.street_id and c.other_id = pairs.other_id
),
further as (
    select m.string_id, m.reading, m.slot, n.node, min({'penalty': m.penalty, 'faults': m.faults}) as least
    from meant as m
    join layer_node_streets as n using (street_id)
    where m.slot > 1 and not m.is_misspelt
    group by m.string_id, m.reading, m.slot, n.node
),
more as (
    select string_id, reading, node, count(*) as streets, sum(least.penalty)::integer as penalty,
        string_agg(least.faults, ';' order by slot) as faults
    from further
    group by string_id, reading, node
),
met as (
    select m.string_id, m.street_id, m.other_id, m.node, m.other_node, m.misspelt, m.penalty, m.faults
    from meeting as m
    where m.slots = 2
    union all
    select m.string_id, m.street_id, m.other_id, m.node, m.other_node, m.misspelt,
        m.penalty + more.penalty as penalty, concat_ws(';', nullif(m.faults, ''), nullif(more.faults, '')) as faults
    from meeting as m
    join more using (string_id, reading, node)
    where m.slots > 2 and more.streets = m.slots - 2
),
at_once as (
    select *, '' as fault from met where node = other_node
),
missed as (
    select *, 'near_miss' as fault from met where node <> other_node and misspelt = 0
        and string_id not in (select string_id from at_once)
),
open_ended as (
    select a.string_id, a.reading, a.street_id, a.penalty, a.faults, b.street as beginning
    from meant as a
    join slots as b using (string_id, reading)
    where a.slots = 2 and a.slot = 0 and b.slot = 1 and not a.is_misspelt and length(b.street) >= 4
        and not regexp_matches(b.street, '[0-9 ]')
        and b.street not in (select text from meanings)
),
begun as (
    select distinct o.string_id, o.street_id, c.other_id, c.node, c.other_node, 0 as misspelt, o.penalty, o.faults
    from open_ended as o
    join layer_corners as c on c.street_id = o.street_id and c.node = c.other_node
    join layer_beginnings as l on l.street_id = c.other_id and starts_with(l.beginning, o.beginning)
),
begun_once as (
    select *, 'street_cut_off' as fault from begun
    where string_id in (select string_id from begun group by string_id having count(distinct other_id) = 1)
),
final as (
    select * from at_once
    union all
    select * from missed
    union all
    select * from begun_once
)
select
    string_id,
    street_id,
    other_id,
    node,
    other_node,
    misspelt,
    penalty + fault_size(fault) as penalty,
    array_to_string(list_sort(list_distinct(string_split(concat_ws(';', nullif(faults, ''), nullif(fault, '')), ';'))), ';')
        as faults
from final
where misspelt <= 1;
