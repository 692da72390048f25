-- grain: one row per area of the layer and race and ethnicity ('all': everyone), with its residents
select
    p.area_id as residence_area,
    p.race_ethnicity,
    a.income_quintile::varchar as income_quintile,
    p.population as residents
from core.population as p
left join core.areas as a on a.layer = p.layer and a.area_id = p.area_id
where p.layer = $layer
  and p.age_band = 'all'
  and p.population is not null
