-- Grain: several tables of a reference layer that every string is joined to.
-- layer_variants: one row per name key and what is left of it after at most one deletion; see street_keys.sql.
create or replace temp table layer_variants as
with
keys as (
    select distinct key from layer_names where length(key) >= 4 and not regexp_matches(key, '[0-9_]')
)
select key, key as variant from keys
union
select key, left(key, place - 1) || substr(key, place + 1) as variant
from (select key, unnest(range(1, length(key) + 1)) as place from keys);

-- layer_house_numbers: one row per street and number with an address point, and the first of its points.
create or replace temp table layer_house_numbers as
select street_id, number, number % 2 as parity, min(row) as row
from layer_points
group by street_id, number;

-- layer_corners: one row per two streets, in either order, and a point where they meet (node = other_node) or two
-- nodes, one of each street, that lie close together.
create or replace temp table layer_corners as
with
close_nodes as (
    select node, other_node from layer_close_nodes
    union all
    select other_node as node, node as other_node from layer_close_nodes
    union all
    select node, node as other_node from layer_nodes
)
select distinct a.street_id, b.street_id as other_id, c.node, c.other_node
from close_nodes as c
join layer_node_streets as a on a.node = c.node
join layer_node_streets as b on b.node = c.other_node
where a.street_id <> b.street_id;

-- layer_beginnings: one row per way to write a street, for second streets that were cut off.
create or replace temp table layer_beginnings as
select distinct street_id, concat_ws(' ', nullif(predir, ''), name, nullif(suffix, ''), nullif(postdir, '')) as beginning
from layer_names
union
select distinct street_id, concat_ws(' ', name, nullif(suffix, ''), nullif(postdir, '')) as beginning from layer_names;

-- layer_single_blocks: one row per hundred-block that is in one place.
create or replace temp table layer_single_blocks as
select * from layer_blocks qualify count(*) over (partition by street_id, hundred) = 1;
