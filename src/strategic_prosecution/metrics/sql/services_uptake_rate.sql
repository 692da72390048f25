-- grain: one fact per contact with offers of help counted; numerator = offers taken up, denominator = offers
select
    outreach_id as unit_id,
    outreach_date as event_date,
    support_accepted as numerator,
    support_offered as denominator,
    area_id
from temp.outreach_facts
where support_accepted between 0 and support_offered
