-- grain: one fact per guilty plea with both severities known; numerator = 1 if to less than the severity filed
select
    case_id as unit_id,
    filed_date as event_date,
    (
        (severity = 'felony' and disposition_severity <> 'felony')
        or (severity = 'misdemeanor' and disposition_severity = 'infraction')
    )::bigint as numerator,
    1 as denominator,
    unnest(dimensions)
from temp.case_facts
where disposition = 'guilty_plea'
  and severity in ('felony', 'misdemeanor')
  and disposition_severity in ('felony', 'misdemeanor', 'infraction')
