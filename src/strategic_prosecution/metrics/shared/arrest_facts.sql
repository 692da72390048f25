-- grain: one row per arrest, with the area it happened in and the one the person lives in
create or replace temp table arrest_facts as
with
incomes as (
    select area_id, income_quintile from core.areas where layer = $layer
)
select
    a.arrest_id,
    a.incident_id,
    a.arrest_date,
    coalesce(pr.person_id, a.arrest_id) as person_id,
    a.race_ethnicity,
    a.sex,
    a.age,
    a.offense_category,
    a.severity,
    a.arrest_type,
    a.is_proactive,
    a.is_domestic,
    pa.area_id,
    ha.area_id as residence_area,
    incomes.income_quintile::varchar as income_quintile
from core.arrests as a
left join core.person_records as pr on pr.record_table = 'arrests' and pr.record_id = a.arrest_id
left join core.place_areas as pa on pa.place_id = a.place_id and pa.layer = $layer
left join core.place_areas as ha on ha.place_id = a.home_place_id and ha.layer = $layer
left join incomes on incomes.area_id = ha.area_id
