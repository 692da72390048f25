-- grain: one fact per case; duration_days = days to disposition, or to where the clock stopped undisposed
select
    case_id as unit_id,
    filed_date as event_date,
    clock_days as duration_days,
    disposition_date is not null as is_observed,
    unnest(dimensions)
from temp.case_facts
where clock_days >= 0
