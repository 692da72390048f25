-- grain: one fact per diversion completed $recidivism_days ago or more; numerator = 1 if not charged again within them
select
    f.diversion_id as unit_id,
    f.end_date as event_date,
    (not exists (
        select 1
        from temp.diversion_cases as c
        where c.diversion_id = f.diversion_id
          and c.offense_date > f.end_date
          and c.filed_date <= f.end_date + $recidivism_days::integer
    ))::bigint as numerator,
    1 as denominator,
    f.race_ethnicity
from temp.diversion_facts as f
where f.exit_status = 'completed' and f.end_date + $recidivism_days::integer <= $as_of
