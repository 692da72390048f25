-- Grain: one row per string that could be nothing, with the reason.
-- similar_street: the layer has streets one edit away, and no rule says which, or the number is not on them.
with
silent as (
    select string_id from strings
    except
    select string_id from best
),
read_as as (
    select
        r.string_id,
        bool_or(r.kind = 'intersection') as is_corner,
        bool_or(r.kind in ('exact', 'block')) as has_number,
        bool_or(m.is_misspelt) as is_similar
    from readings as r
    left join meanings as m on m.text = r.street
    group by r.string_id
),
final as (
    select
        string_id,
        coalesce(
            u.reason,
            case
                when r.is_similar then 'similar_street'
                when r.is_corner then 'no_such_corner'
                when r.has_number then 'no_such_street'
                else 'no_such_place'
            end
        ) as reason
    from silent
    left join unreadable as u using (string_id)
    left join read_as as r using (string_id)
)
select string_id, reason from final order by string_id;
