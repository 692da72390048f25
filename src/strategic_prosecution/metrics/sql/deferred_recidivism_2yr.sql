-- grain: one fact per deferred judgment accepted 730 days ago or more; numerator = 1 if charged again within them
select
    f.diversion_id as unit_id,
    f.accepted_date as event_date,
    (exists (
        select 1
        from temp.diversion_cases as c
        where c.diversion_id = f.diversion_id
          and c.offense_date > f.accepted_date
          and c.filed_date <= f.accepted_date + 730
    ))::bigint as numerator,
    1 as denominator,
    f.race_ethnicity
from temp.diversion_facts as f
where f.diversion_type = 'deferred_judgment' and f.accepted_date + 730 <= $as_of
