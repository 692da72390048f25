-- grain: one row per incident, with the area it happened in
create or replace temp table incident_facts as
with
incomes as (
    select area_id, income_quintile from core.areas where layer = $layer
)
select
    i.incident_id,
    i.occurred_date,
    i.occurred_at,
    i.reported_date,
    i.offense_category,
    i.offense_category in ('homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault')
        as is_violent,
    i.clearance_status is distinct from 'unfounded' as is_founded,
    i.weapon,
    i.injury,
    i.is_domestic,
    i.reported_by,
    i.cleared_date,
    i.clearance_status,
    i.victim_count,
    i.place_id,
    coalesce(pa.area_id, i.area_id) as area_id,
    incomes.income_quintile::varchar as income_quintile
from core.incidents as i
left join core.place_areas as pa on pa.place_id = i.place_id and pa.layer = $layer
left join incomes on incomes.area_id = coalesce(pa.area_id, i.area_id)
