-- grain: one fact per convicted felony case with a known severity at disposition; numerator = 1 if less than a felony
select
    case_id as unit_id,
    filed_date as event_date,
    (disposition_severity <> 'felony')::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_facts
where severity = 'felony'
  and disposition in ('guilty_plea', 'guilty_trial')
  and disposition_severity in ('felony', 'misdemeanor', 'infraction')
