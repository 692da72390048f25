-- grain: one row per period and segment; days: days of [from_date, until_date) inside the period and up to as_of
with
clipped as (
    select
        *,
        date_diff(
            'day',
            greatest(from_date, period_start::date),
            least(coalesce(until_date, $as_of + 1), period_end::date + 1, $as_of + 1)
        ) as days
    from temp.metric_facts
    inner join metric_periods
        on from_date <= period_end and (until_date is null or until_date > period_start)
)
select
    period,
    period_start,
    breakdown,
    case when by_area then coalesce(area_id, 'unknown') end as area_id,
    case when by_residence then coalesce(residence_area, 'unknown') end as residence_area,
    case when by_race then coalesce(race_ethnicity, 'unknown') end as race_ethnicity,
    case when by_offense then coalesce(offense_category, 'unknown') end as offense_category,
    sum(days)::bigint as numerator,
    count(distinct unit_id)::bigint as denominator
from clipped
cross join metric_breakdowns
where days > 0
group by all
