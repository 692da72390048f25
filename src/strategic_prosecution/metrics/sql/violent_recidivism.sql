-- grain: one fact per defendant in a case of violence; numerator = 1 if convicted of violence before it was filed
select
    c.case_id || ' ' || p.person_id as unit_id,
    [c.case_id] as records,
    c.filed_date as event_date,
    p.has_violence::bigint as numerator,
    1 as denominator,
    unnest(c.dimensions)
from temp.case_facts as c
inner join temp.case_priors as p on p.case_id = c.case_id
where c.is_violent
