-- grain: one fact per person and day sentenced, with no custody, $recidivism_days ago or more; numerator = 1 if charged
-- in a new case within them
with
sentenced as (
    select
        p.person_id,
        s.sentence_date,
        list(s.case_id order by s.case_id) as records,
        case when count(distinct s.race_ethnicity) = 1 then min(s.race_ethnicity) end as race_ethnicity,
        case when count(distinct s.severity) = 1 then min(s.severity) end as severity
    from temp.sentence_facts as s
    inner join temp.case_people as p on p.case_id = s.case_id and p.is_followed
    group by p.person_id, s.sentence_date
    having not bool_or(s.has_incarceration)
),
charged as (
    select distinct s.person_id, s.sentence_date
    from sentenced as s
    inner join temp.case_people as p on p.person_id = s.person_id
    inner join temp.case_facts as c
        on c.case_id = p.case_id
        and c.filed_date > s.sentence_date
        and c.filed_date <= s.sentence_date + $recidivism_days::integer
        -- what happened before is no new offense
        and (c.occurred_date is null or c.occurred_date > s.sentence_date)
)
select
    s.person_id as unit_id,
    s.records,
    s.sentence_date as event_date,
    (c.person_id is not null)::bigint as numerator,
    1 as denominator,
    s.race_ethnicity,
    s.severity
from sentenced as s
left join charged as c on c.person_id = s.person_id and c.sentence_date = s.sentence_date
where s.sentence_date + $recidivism_days::integer <= $as_of
