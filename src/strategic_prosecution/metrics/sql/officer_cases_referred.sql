-- grain: one fact per referral of an officer
select referral_id as unit_id, received_date as event_date, 1 as numerator
from core.referrals
where is_against_officer
