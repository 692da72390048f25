-- grain: one row per kind of period, cell and run of periods (first day of the first and of the last): units seen in
-- each of them and, in that cell, in none of them by an earlier fact. Summed over the runs that hold a period, every
-- unit counts once in it.
with
spans as (
    select
        cell,
        unit_id,
        greatest(case when $stays then from_date else event_date end, make_date($first_year, 1, 1)) as begins,
        least(case when $stays then coalesce(until_date, $as_of + 1) else event_date + 1 end, $as_of + 1) as ends
    from temp.metric_facts
    inner join metric_cells using (combination)
    -- greatest and least would skip a null
    where case when $stays then from_date else event_date end is not null
),
numbered as (
    select
        *,
        max(ends) over (
            partition by cell, unit_id
            order by begins, ends
            rows between unbounded preceding and 1 preceding
        ) as seen_until
    from spans
    where begins < ends
),
runs as (
    select
        period,
        cell,
        case
            when seen_until is null then date_trunc(period, begins)
            -- the first period none of which the unit was seen in before
            else greatest(
                date_trunc(period, begins),
                date_trunc(period, seen_until - 1) + ('1 ' || period)::interval
            )
        end::date as first_start,
        date_trunc(period, ends - 1)::date as last_start
    from numbered
    cross join (select unnest(['month', 'quarter', 'year']) as period)
)
select period, cell, first_start, last_start, count(*)::bigint as units
from runs
where first_start <= last_start
group by all
