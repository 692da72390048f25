-- grain: one fact per member of staff and year with them on 1 January; numerator = 1 if there at its end (or $as_of)
with
years as (
    select unnest(generate_series(date_trunc('year', min(start_date)), $as_of, interval 1 year))::date as first_day
    from core.staff
),
days as (
    select first_day, least(make_date(year(first_day), 12, 31), $as_of) as last_day from years
)
select
    s.staff_id as unit_id,
    d.first_day as event_date,
    (s.end_date is null or s.end_date >= d.last_day)::bigint as numerator,
    1 as denominator
from days as d
inner join core.staff as s on s.start_date <= d.first_day and (s.end_date is null or s.end_date >= d.first_day)
