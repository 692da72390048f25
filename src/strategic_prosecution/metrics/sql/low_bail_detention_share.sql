-- grain: one fact per case with low bail at the first release decision; numerator = 1 if held after the next day
select
    case_id as unit_id,
    custody_ids as records,
    decision_date as event_date,
    is_detained::bigint as numerator,
    1 as denominator,
    race_ethnicity
from temp.first_decisions
where decision_type = 'money_bail' and bail_cents <= $low_bail_cents
