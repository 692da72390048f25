-- grain: one row per period, segment, duration and whether it was observed to end; median_km
select
    period,
    date_trunc(period, event_date)::date as period_start,
    breakdown,
    case when by_area then coalesce(area_id, 'unknown') end as area_id,
    case when by_residence then coalesce(residence_area, 'unknown') end as residence_area,
    case when by_race then coalesce(race_ethnicity, 'unknown') end as race_ethnicity,
    case when by_offense then coalesce(offense_category, 'unknown') end as offense_category,
    duration_days,
    count(*) filter (where is_observed)::bigint as ended,
    count(*)::bigint as units
from temp.metric_facts
cross join metric_breakdowns
cross join (select unnest(['month', 'quarter', 'year']) as period)
where event_date between $first_day and $as_of
group by all
order by period, period_start, breakdown, area_id, residence_area, race_ethnicity, offense_category, duration_days
