-- grain: one fact per disposed case; numerator = hearings from filing to disposition
with
heard as (
    select h.case_id, count(*) as hearings
    from core.hearings as h
    inner join temp.case_facts as c
        on c.case_id = h.case_id and h.hearing_date between c.filed_date and c.disposition_date
    group by h.case_id
)
select
    c.case_id as unit_id,
    c.disposition_date as event_date,
    coalesce(h.hearings, 0) as numerator,
    1 as denominator,
    unnest(c.dimensions)
from temp.case_facts as c
left join heard as h on h.case_id = c.case_id
where c.disposition_date >= c.filed_date
