-- grain: one fact per felony referral received; numerator = 1 if rejected at screening by as_of
select
    referral_id as unit_id,
    received_date as event_date,
    (screen_result is not distinct from 'rejected')::bigint as numerator,
    1 as denominator,
    race_ethnicity,
    offense_category
from core.referrals
where severity = 'felony'
