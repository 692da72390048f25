-- grain: one row per month (from January of the first year, 0) and combination of dimensions: sums of dated facts
select
    ((year(event_date) - $first_year) * 12 + month(event_date) - 1)::integer as month,
    combination,
    count(*)::bigint as facts,
    coalesce(sum(numerator), 0)::bigint as numerator,
    coalesce(sum(denominator), 0)::bigint as denominator,
    -- exact, whatever the order of the rows
    coalesce(sum(numerator::hugeint * numerator), 0)::double as squares
from temp.metric_facts
where event_date between make_date($first_year, 1, 1) and $as_of
group by all
