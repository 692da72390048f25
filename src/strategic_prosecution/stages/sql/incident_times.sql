-- Grain: one row per minute of the week, length in minutes and kind of time, of the incidents of a category in a window.
-- Police-generated incidents are left out: they tell when police looked (rules of practice, section 5).
with local as (
    select
        occurred_date,
        occurred_at is not null as has_time,
        timezone($zone, timezone('UTC', occurred_at)) as started,
        -- Where clocks go back, what ended later may show an earlier time; greatest() passes over a null.
        case
            when occurred_until < occurred_at then started - interval 1 minute
            else greatest(timezone($zone, timezone('UTC', occurred_until)), started)
        end as ended
    from core.incidents
    where
        occurred_date > $after
        and occurred_date <= $until
        and reported_by is distinct from 'police'
        and offense_category in (select unnest($offenses))
),
in_week as (
    select
        has_time,
        coalesce(started, occurred_date) as begins,
        (isodow(begins) - 1) * 1440 + hour(begins) * 60 + minute(begins) as minute_of_week,
        -- None without an end. Longer ones than asked for are left out, however long.
        least(coalesce(datediff('minute', started, ended), 0), $most_minutes) as minutes
    from local
)
select minute_of_week, minutes, has_time, count(*) as incidents
from in_week
group by all
order by all
