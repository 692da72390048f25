-- grain: one row per answer, in the order of its key
select
    ((year(event_date) - $first_year) * 12 + month(event_date) - 1)::integer as month,
    combination,
    value,
    coalesce(weight, 1) as weight
from temp.metric_facts
where event_date between make_date($first_year, 1, 1) and $as_of
    and value is not null
order by unit_id, event_date, value, weight, combination
