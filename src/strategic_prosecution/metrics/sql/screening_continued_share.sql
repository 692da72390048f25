-- grain: one fact per referral with a known result of screening; numerator = 1 if it is 'continued'
select
    referral_id as unit_id,
    coalesce(screen_date, received_date) as event_date,
    (screen_result = 'continued')::bigint as numerator,
    1 as denominator,
    race_ethnicity,
    offense_category
from core.referrals
where screen_result not in ('unknown', 'unmapped')
