-- Grain: one row per match type and reason (why none was found; '' for what was) of a geocoded file.
-- Inputs: temp.asked (position, string_id), temp.answers (one row per distinct string).
with counted as (
    select string_id, count(*) as records from temp.asked group by string_id
)

select
    match_type,
    case when match_type = 'none' then faults else '' end as reason,
    sum(records)::bigint as records,
    count(distinct string_id) as strings
from temp.answers
inner join counted using (string_id)
group by all
order by match_type, reason
