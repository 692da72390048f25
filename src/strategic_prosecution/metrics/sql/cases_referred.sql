-- grain: one fact per referral
select referral_id as unit_id, received_date as event_date, 1 as numerator, race_ethnicity, offense_category, severity
from core.referrals
