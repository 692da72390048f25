-- grain: one row per person hit by gunfire with criminal or unknown intent, not found to be unfounded
create or replace temp table shooting_facts as
select
    s.shooting_id,
    s.incident_id,
    s.occurred_date,
    s.occurred_at,
    s.is_fatal,
    s.wound_type,
    s.race_ethnicity,
    s.sex,
    s.age,
    s.group_victim,
    s.group_victim_status,
    s.group_suspect,
    s.group_suspect_status,
    s.review_date,
    coalesce(pa.area_id, i.area_id) as area_id,
    i.income_quintile
from core.shootings as s
left join temp.incident_facts as i on i.incident_id = s.incident_id
left join core.place_areas as pa on pa.place_id = s.place_id and pa.layer = $layer
where s.is_unfounded is not true
  and coalesce(s.intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
  and (s.is_fatal or s.wound_type is distinct from 'none')
