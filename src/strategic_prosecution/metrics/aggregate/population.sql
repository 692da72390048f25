-- grain: one row per segment; residents of the layer (everyone, or by race and ethnicity)
select
    breakdown,
    null::varchar as area_id,
    case when by_residence then area_id end as residence_area,
    case when by_race then race_ethnicity end as race_ethnicity,
    null::varchar as offense_category,
    sum(population)::bigint as residents
from core.population
cross join metric_breakdowns
where layer = $layer
  and age_band = 'all'
  and (race_ethnicity = 'all') = not by_race
group by all
