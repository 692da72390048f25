-- grain: one fact per contact in a neighborhood, and one per shooting incident
select
    outreach_id as unit_id,
    [outreach_id] as records,
    outreach_date as event_date,
    1 as numerator,
    0 as denominator,
    area_id
from temp.outreach_facts
where is_in_neighborhood
union all
select incident_id, [], occurred_date, 0, 1, area_id
from temp.shooting_incident_facts
