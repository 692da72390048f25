-- grain: one row per month, combination and duration: units, and how many of them were observed to end
select
    ((year(event_date) - $first_year) * 12 + month(event_date) - 1)::integer as month,
    combination,
    duration_days,
    count(*) filter (where is_observed)::bigint as ended,
    count(*)::bigint as units
from temp.metric_facts
where event_date between make_date($first_year, 1, 1) and $as_of
    and duration_days is not null
group by all
order by month, combination, duration_days
