-- grain: one fact per case with a first release decision; numerator = 1 if detained by it or held after the next day
select
    case_id as unit_id,
    custody_ids as records,
    decision_date as event_date,
    is_detained::bigint as numerator,
    1 as denominator,
    race_ethnicity,
    residence_area
from temp.first_decisions
