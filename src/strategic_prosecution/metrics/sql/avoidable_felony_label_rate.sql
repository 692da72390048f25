-- grain: one fact per felony referral that became a case of known severity; numerator = 1 if filed as less
select
    r.referral_id as unit_id,
    c.filed_date as event_date,
    (c.severity in ('misdemeanor', 'infraction'))::bigint as numerator,
    1 as denominator,
    r.race_ethnicity,
    r.offense_category
from core.referrals as r
inner join temp.case_facts as c on c.case_id = r.case_id
where r.severity = 'felony' and c.severity not in ('unknown', 'unmapped')
