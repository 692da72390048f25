-- grain: one fact per case with a first release decision 30 days ago or more; numerator = 1 if released within them
select
    case_id as unit_id,
    custody_ids as records,
    decision_date as event_date,
    coalesce(
        released_date <= decision_date + 30 and (disposition_date is null or released_date < disposition_date), false
    )::bigint as numerator,
    1 as denominator,
    race_ethnicity,
    residence_area
from temp.first_decisions
where decision_date + 30 <= $as_of
