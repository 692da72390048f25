-- grain: one fact per referral received; numerator = 1 if no case came of it by as_of
-- a referral may name the number its case would have
select
    r.referral_id as unit_id,
    r.received_date as event_date,
    (c.case_id is null)::bigint as numerator,
    1 as denominator,
    r.race_ethnicity,
    r.offense_category
from core.referrals as r
left join core.cases as c on c.case_id = r.case_id
