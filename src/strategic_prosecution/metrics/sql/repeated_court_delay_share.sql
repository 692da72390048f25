-- grain: one fact per disposed case with hearings up to then; numerator = 1 if continued three times or more
with
heard as (
    select h.case_id, count(*) filter (where h.is_continued) as continuances
    from core.hearings as h
    inner join temp.case_facts as c on c.case_id = h.case_id and h.hearing_date <= c.disposition_date
    where h.is_continued is not null
    group by h.case_id
)
select
    c.case_id as unit_id,
    c.disposition_date as event_date,
    (h.continuances >= 3)::bigint as numerator,
    1 as denominator,
    unnest(c.dimensions)
from temp.case_facts as c
inner join heard as h on h.case_id = c.case_id
