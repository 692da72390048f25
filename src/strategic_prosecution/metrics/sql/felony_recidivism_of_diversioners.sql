-- grain: one fact per diversion of a felony case accepted $recidivism_days ago or more; numerator = 1 if charged again
-- within them
select
    f.diversion_id as unit_id,
    f.accepted_date as event_date,
    (exists (
        select 1
        from temp.diversion_cases as c
        where c.diversion_id = f.diversion_id
          and c.offense_date > f.accepted_date
          and c.filed_date <= f.accepted_date + $recidivism_days::integer
    ))::bigint as numerator,
    1 as denominator,
    f.race_ethnicity
from temp.diversion_facts as f
where f.severity = 'felony' and f.accepted_date + $recidivism_days::integer <= $as_of
