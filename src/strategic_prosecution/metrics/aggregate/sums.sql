-- grain: one row per period and segment; sum: numerator = sum of dated facts, denominator = units they belong to
select
    period,
    date_trunc(period, event_date)::date as period_start,
    breakdown,
    case when by_area then coalesce(area_id, 'unknown') end as area_id,
    case when by_residence then coalesce(residence_area, 'unknown') end as residence_area,
    case when by_race then coalesce(race_ethnicity, 'unknown') end as race_ethnicity,
    case when by_offense then coalesce(offense_category, 'unknown') end as offense_category,
    sum(numerator)::bigint as numerator,
    count(distinct unit_id)::bigint as denominator
from temp.metric_facts
cross join metric_breakdowns
cross join (select unnest(['month', 'quarter', 'year']) as period)
where event_date between $first_day and $as_of
group by all
