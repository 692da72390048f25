-- grain: one row per month (-1: before the first year) and combination: who came in less who left, by as_of
with
stays as (
    select * from temp.metric_facts
    where from_date <= $as_of and (until_date is null or until_date > from_date)
),
moves as (
    select combination, from_date as moved_date, 1 as sign, numerator, denominator from stays
    union all
    select combination, until_date, -1, numerator, denominator from stays where until_date <= $as_of
)
select
    greatest((year(moved_date) - $first_year) * 12 + month(moved_date) - 1, -1)::integer as month,
    combination,
    sum(sign)::bigint as facts,
    coalesce(sum(sign * numerator), 0)::bigint as numerator,
    coalesce(sum(sign * denominator), 0)::bigint as denominator,
    sum(sign * (moved_date - date '1970-01-01'))::bigint as day_numbers
from moves
group by all
