-- grain: one row per attorney and month with them on its last day ($as_of in the current one), from the first filing on
create or replace temp table attorney_months as
with
months as (
    select unnest(generate_series(date_trunc('month', min(filed_date)), $as_of, interval 1 month)) as month_start
    from core.cases
    where filed_date <= $as_of
),
days as (
    select least(last_day(month_start), $as_of) as day from months
)
select s.staff_id, d.day
from days as d
inner join core.staff as s on s.start_date <= d.day and (s.end_date is null or s.end_date >= d.day)
where s.role = 'attorney'
