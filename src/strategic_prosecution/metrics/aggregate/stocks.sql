-- grain: one row per period and segment; stock: units inside at period_end, or as_of if earlier
select
    period,
    period_start,
    breakdown,
    case when by_area then coalesce(area_id, 'unknown') end as area_id,
    case when by_residence then coalesce(residence_area, 'unknown') end as residence_area,
    case when by_race then coalesce(race_ethnicity, 'unknown') end as race_ethnicity,
    case when by_offense then coalesce(offense_category, 'unknown') end as offense_category,
    count(*)::bigint as numerator,
    null::bigint as denominator
from temp.metric_facts
inner join metric_periods
    on from_date <= least(period_end, $as_of)
    and (until_date is null or until_date > least(period_end, $as_of))
cross join metric_breakdowns
group by all
