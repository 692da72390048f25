-- grain: one fact per contact that names a partner; unit = the partner, whatever its spelling of case and blanks
select
    lower(trim(partner)) as unit_id,
    [outreach_id] as records,
    outreach_date as event_date
from temp.outreach_facts
where trim(partner) <> ''
