-- grain: one fact per diversion that ended; numerator = 1 if the participant was not charged in another case in it
select
    f.diversion_id as unit_id,
    f.end_date as event_date,
    (not exists (
        select 1
        from temp.diversion_cases as c
        where c.diversion_id = f.diversion_id
          and c.offense_date > f.start_date
          and c.filed_date <= f.end_date
    ))::bigint as numerator,
    1 as denominator,
    f.race_ethnicity
from temp.diversion_facts as f
where f.start_date is not null and f.end_date is not null
