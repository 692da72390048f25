-- Grain: one row per street string, street it could be, and time during which that name was the street's.
-- A direction or suffix that is stated and differs is a rejection, except for suggestions to a person ($contradicted).
-- A direction or suffix the layer does not know is forgiven only where no street of that name has any: on Philadelphia's
-- shootings 79 of 80 blocks with such a direction were the published place.
create or replace temp table meanings as
with
readings as (
    select * from street_keys
),
names as (
    select
        *,
        bool_or(predir <> '' or postdir <> '') over (partition by key, suffix) as is_directed,
        bool_or(suffix <> '') over (partition by key) as is_suffixed
    from layer_names
),
joined as (
    select
        r.text,
        r.is_misspelt,
        r.tail_dropped,
        n.street_id,
        n.alias as is_alias,
        n.valid_from,
        n.valid_to,
        r.name <> n.name and not r.is_misspelt as is_spelling,
        r.predir = n.predir and r.postdir = n.postdir as same_direction,
        r.predir = n.postdir and r.postdir = n.predir as moved_direction,
        (r.predir = '' or r.predir = n.predir) and (r.postdir = '' or r.postdir = n.postdir) as part_of_direction,
        n.predir = '' and n.postdir = '' and not n.is_directed as has_no_direction,
        r.suffix = n.suffix as same_suffix,
        r.suffix = '' and (not r.complete or r.name = n.name) as states_no_suffix,
        n.suffix = '' and not n.is_suffixed as has_no_suffix
    from readings as r
    join names as n on n.key = r.layer_key
),
possible as (
    select * from joined
    where (
            (same_direction or moved_direction or part_of_direction or has_no_direction)
            and (same_suffix or states_no_suffix or has_no_suffix)
            and not (is_misspelt and not (same_suffix and same_direction))
            and (same_direction or moved_direction or part_of_direction or same_suffix)
        )
        or ($contradicted and (same_direction or moved_direction or part_of_direction or has_no_direction))
),
faulted as (
    select
        text,
        street_id,
        valid_from,
        valid_to,
        is_misspelt,
        concat_ws(
            ';',
            case when is_alias then 'alias' end,
            case when is_spelling then 'spelling' end,
            case when is_misspelt then 'name_misspelt' end,
            case when tail_dropped then 'tail_dropped' end,
            case
                when same_direction then null
                when moved_direction then 'direction_moved'
                when part_of_direction then 'direction_missing'
                else 'direction_extra'
            end,
            case
                when same_suffix then null
                when states_no_suffix then 'suffix_missing'
                when has_no_suffix then 'suffix_extra'
                else 'suffix_differs'
            end
        ) as faults
    from possible
),
sized as (
    select
        *,
        coalesce(list_sum(list_transform(string_split(faults, ';'), lambda fault: fault_size(fault))), 0)::integer
            as penalty
    from faulted
)
select text, street_id, valid_from, valid_to, is_misspelt, penalty, faults
from sized
qualify row_number() over (
    partition by text, street_id, valid_from, valid_to order by penalty, faults
) = 1;
