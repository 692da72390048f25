-- Grain: one row per arrest or charge for drugs, violence or guns, with the area it was in. Reads strategy_records.
select
    confirmed_person_id as person,
    person_id as linked_person,
    incident_id as event_id,
    event_date,
    birth_date,
    area_id,
    coalesce(offense_category = 'drugs', false) as is_drugs,
    coalesce(offense_category in (select unnest($violent)), false)
        or coalesce(offense_category = 'weapons', false) or coalesce(weapon = 'firearm', false) as is_violence
from strategy_records
left join core.place_areas on place_areas.place_id = strategy_records.place_id and layer = $layer
where is_charge
order by all
