-- grain: one fact per case released before trial that has ended; numerator = 1 if nobody was arrested again
select
    case_id as unit_id,
    custody_ids as records,
    ended_date as event_date,
    (not is_arrested)::bigint as numerator,
    1 as denominator,
    residence_area,
    race_ethnicity
from temp.pretrial_releases
where is_followed
