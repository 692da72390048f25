-- Grain: one row per hot spot, measure and detail: reasons where they occur, all else for every hot spot.
-- Inputs: temp.side_spots (spot, category, window_days), temp.side_members (spot, cell), temp.side_measures (side,
-- measure, detail, unit, is_filled), temp.side_facts (see side_violence.sql), temp.side_case_ends.
-- placed_outside: the same outside the hot spot, where the place is known.
with durations as (
    select window_days, cell, date_diff('day', filed_date, disposition_date) as days
    from temp.side_case_ends
    join temp.side_windows on disposition_date between first_day and $as_of
    where is_disposition and filed_date <= disposition_date
),

here as (
    select spot, measure, detail, sum(amount)::double as value
    from temp.side_members
    join temp.side_spots as spots using (spot)
    join temp.side_facts as facts using (cell, window_days)
    where facts.category is null or facts.category = spots.category
    group by all
    union all
    select spot, 'days_to_disposition', '', median(days)
    from temp.side_members
    join temp.side_spots using (spot)
    join durations using (cell, window_days)
    group by all
),

everywhere as (
    select
        category,
        measure,
        detail,
        window_days,
        sum(amount)::double as value,
        coalesce(sum(amount) filter (where cell is null), 0)::double as unplaced
    from temp.side_facts
    group by all
    union all
    select null, 'days_to_disposition', '', window_days, median(days), null
    from durations
    group by all
),

wanted as (
    select spot, side, measure, detail, unit, is_filled
    from temp.side_spots
    cross join temp.side_measures
    union all
    select here.spot, measures.side, here.measure, here.detail, measures.unit, measures.is_filled
    from here
    join temp.side_measures as measures on measures.measure = here.measure and measures.detail = ''
    where (here.measure, here.detail) not in (select (measure, detail) from temp.side_measures)
)

select
    spots.spot,
    wanted.side,
    wanted.measure,
    wanted.detail,
    wanted.unit,
    case when is_filled then if(is_counted, coalesce(here.value, 0), here.value) end as value,
    case when is_filled then if(is_counted, coalesce(everywhere.value, 0), everywhere.value) end as everywhere,
    case when is_filled then if(is_counted, coalesce(everywhere.unplaced, 0), everywhere.unplaced) end as unplaced
from (select *, measure <> 'days_to_disposition' as is_counted from wanted) as wanted
join temp.side_spots as spots using (spot)
left join here using (spot, measure, detail)
left join everywhere
    on everywhere.measure = wanted.measure
    and everywhere.detail = wanted.detail
    and everywhere.window_days = spots.window_days
    and (everywhere.category is null or everywhere.category = spots.category)
order by spots.category, spots.window_days, spots.spot, wanted.side, wanted.measure, wanted.detail
