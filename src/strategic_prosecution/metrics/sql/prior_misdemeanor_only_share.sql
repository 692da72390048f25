-- grain: one fact per person convicted of a felony, their past known; numerator = 1 if only of a misdemeanor
select
    k.case_id || ' ' || p.person_id as unit_id,
    [k.case_id] as records,
    k.convicted_date as event_date,
    (p.has_misdemeanor and not p.has_felony)::bigint as numerator,
    1 as denominator,
    unnest(c.dimensions)
from temp.case_convictions as k
inner join temp.case_facts as c on c.case_id = k.case_id
inner join temp.case_priors as p on p.case_id = k.case_id
where k.has_felony and (p.has_felony or not p.has_unknown)
