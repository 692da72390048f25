-- grain: one fact per referral rejected at screening
select
    referral_id as unit_id,
    coalesce(screen_date, received_date) as event_date,
    1 as numerator,
    race_ethnicity,
    offense_category,
    severity
from core.referrals
where screen_result = 'rejected'
