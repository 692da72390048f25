-- grain: one fact per felony case with every charge dismissed, not filed again; duration_days = days from filing
select
    c.case_id as unit_id,
    o.ended_date as event_date,
    o.ended_date - c.filed_date as duration_days,
    unnest(c.dimensions)
from temp.case_facts as c
inner join temp.case_outcomes as o on o.case_id = c.case_id
where c.severity = 'felony' and o.is_dismissed and not o.was_filed_again and o.ended_date >= c.filed_date
