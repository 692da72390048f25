-- Grain: one row per string and place of the highest score; a string that could be nothing has none.
-- A misspelt street counts only with a number or a corner on it, and only when one street alone is left.
create or replace temp table best as
with
numbers as (
    select
        n.string_id,
        coalesce(f.match_type, 'range_out') as match_type,
        n.street_id,
        -1 as other_id,
        n.number,
        coalesce(f.place, -1) as place,
        coalesce(f.other, -1) as other,
        coalesce(f.share, 0.0) as share,
        coalesce(f.own_side, true) as own_side,
        n.is_misspelt,
        regexp_matches(n.faults, 'direction_missing|suffix_missing') and f.match_type is not null as is_partial,
        n.penalty + fault_size(coalesce(f.fault, 'number_out_of_range')) as penalty,
        concat_ws(';', nullif(n.faults, ''), nullif(coalesce(f.fault, 'number_out_of_range'), '')) as faults
    from numbered as n
    left join found as f using (kind, street_id, number)
),
crossings as (
    select string_id, 'intersection' as match_type, street_id, other_id, -1 as number, node as place,
        other_node as other, 0.5 as share, true as own_side, misspelt > 0 as is_misspelt,
        false as is_partial, penalty, faults
    from corners
),
streets as (
    select r.string_id, 'street' as match_type, m.street_id, -1 as other_id, -1 as number, -1 as place, -1 as other,
        0.0 as share, true as own_side, m.is_misspelt, false as is_partial, m.penalty + fault_size(r.fault) as penalty,
        concat_ws(';', nullif(r.fault, ''), nullif(m.faults, '')) as faults
    from readings as r
    join strings as s using (string_id)
    join meanings as m on m.text = r.street
    where r.kind = 'street'
        and (s.day is null or (s.day >= coalesce(m.valid_from, s.day) and s.day < coalesce(m.valid_to, s.day + 1)))
),
named as (
    select r.string_id, 'place' as match_type, -1 as street_id, -1 as other_id, -1 as number, p.row as place,
        -1 as other, 0.0 as share, true as own_side, false as is_misspelt, false as is_partial,
        fault_size(r.fault) as penalty,
        r.fault as faults
    from readings as r
    join layer_places as p on p.key = replace(r.street, ' ', '')
    -- What is a street of the layer too is no place.
    where r.kind = 'place' and r.street not in (select text from meanings)
),
every as (
    select * from numbers
    union all
    select * from crossings
    union all
    select * from streets
    union all
    select * from named
),
placed as (
    select * from every
    where not (is_misspelt and (match_type in ('range_out', 'street') or contains(faults, 'block_between')))
        and not (contains(faults, 'glued') and contains(faults, 'direction_extra'))
),
several as (
    select string_id from placed where is_misspelt
    group by string_id
    having count(distinct (street_id, other_id)) > 1
),
allowed as (
    select * from placed where not (is_misspelt and string_id in (select string_id from several))
),
scored as (
    select *, greatest(highest_score(match_type) - penalty, 0)::double as score from allowed
),
-- Which of two directions or suffixes was left out is not told by how well the number fits: MAIN ST may be either.
partial as (
    select string_id, max(score) as level from scored where is_partial
    group by string_id
    having count(distinct street_id) > 1
),
levelled as (
    select s.* exclude (score), if(s.is_partial and u.level is not null, u.level, s.score) as score
    from scored as s
    left join partial as u using (string_id)
),
ranked as (
    select *, max(score) over (partition by string_id) as highest from levelled
),
lower_scores as (
    select string_id, max(score) as runner_up from ranked where score < highest group by string_id
),
top as (
    select string_id, match_type, street_id, other_id, number, place, other, share, own_side, score, min(faults) as faults
    from ranked
    where score = highest
    group by all
),
final as (
    select
        t.*,
        t.score - l.runner_up as gap,
        case t.match_type
            when 'intersection' then s.label || ' & ' || o.label
            when 'block' then (t.number // 100 * 100)::varchar || ' BLOCK ' || s.label
            when 'place' then p.label
            else concat_ws(' ', if(t.place >= 0, t.number, null), s.label)
        end as matched_address
    from top as t
    left join lower_scores as l using (string_id)
    left join layer_streets as s using (street_id)
    left join layer_streets as o on o.street_id = t.other_id
    left join layer_places as p on p.row = t.place and t.match_type = 'place'
)
select * from final;
