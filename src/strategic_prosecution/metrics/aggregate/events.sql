-- grain: one row per period and segment; count, rate and per_capita: numerators and denominators of dated facts
with
daily as (
    -- days first: the cells are made of days, not of a row for each fact and breakdown
    select
        event_date,
        area_id,
        residence_area,
        race_ethnicity,
        offense_category,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from temp.metric_facts
    where event_date between $first_day and $as_of
    group by all
)
select
    period,
    date_trunc(period, event_date)::date as period_start,
    breakdown,
    case when by_area then coalesce(area_id, 'unknown') end as area_id,
    case when by_residence then coalesce(residence_area, 'unknown') end as residence_area,
    case when by_race then coalesce(race_ethnicity, 'unknown') end as race_ethnicity,
    case when by_offense then coalesce(offense_category, 'unknown') end as offense_category,
    sum(numerator)::bigint as numerator,
    sum(denominator)::bigint as denominator
from daily
cross join metric_breakdowns
cross join (select unnest(['month', 'quarter', 'year']) as period)
group by all
