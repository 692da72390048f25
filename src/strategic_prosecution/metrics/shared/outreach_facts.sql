-- grain: one row per contact with residents or partners, with the area it was in
create or replace temp table outreach_facts as
with
incomes as (
    select area_id, income_quintile from core.areas where layer = $layer
)
select
    o.outreach_id,
    o.outreach_date,
    o.outreach_type,
    o.concern,
    o.concern_offense,
    o.partner,
    o.incident_id,
    o.support_offered,
    o.support_accepted,
    coalesce(pa.area_id, o.area_id) as area_id,
    incomes.income_quintile::varchar as income_quintile,
    o.outreach_type in ('community_meeting', 'walk_in', 'street_outreach', 'mediation', 'response', 'other')
        as is_with_residents,
    -- a walk-in comes to the office, whose area says nothing of where residents were met
    o.outreach_type in ('community_meeting', 'street_outreach', 'mediation', 'response', 'other')
        as is_in_neighborhood
from core.outreach as o
left join core.place_areas as pa on pa.place_id = o.place_id and pa.layer = $layer
left join incomes on incomes.area_id = coalesce(pa.area_id, o.area_id)
