-- grain: one fact per contact at which residents raised a concern
select
    outreach_id as unit_id,
    outreach_date as event_date,
    1 as numerator,
    area_id,
    concern_offense as offense_category
from temp.outreach_facts
where is_with_residents and (trim(concern) <> '' or concern_offense is not null)
