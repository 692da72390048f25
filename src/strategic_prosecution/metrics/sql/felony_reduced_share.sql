-- grain: one fact per felony case disposed; numerator = 1 if convicted of less than a felony
select
    case_id as unit_id,
    filed_date as event_date,
    (disposition in ('guilty_plea', 'guilty_trial') and disposition_severity in ('misdemeanor', 'infraction'))::bigint
        as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_facts
where severity = 'felony'
  and disposition not in ('unknown', 'unmapped')
  and not (
      disposition in ('guilty_plea', 'guilty_trial')
      and coalesce(disposition_severity, 'unknown') in ('unknown', 'unmapped')
  )
