-- grain: one fact per referral approved or rejected; numerator = 1 if approved
select
    referral_id as unit_id,
    coalesce(screen_date, received_date) as event_date,
    (screen_result = 'approved')::bigint as numerator,
    1 as denominator,
    race_ethnicity,
    offense_category,
    severity
from core.referrals
where screen_result in ('approved', 'rejected')
