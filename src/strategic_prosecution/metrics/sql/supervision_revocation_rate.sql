-- grain: one fact per spell of probation or parole that ended; numerator = 1 if revoked
select
    supervision_id as unit_id,
    -- revoked, it does not last to the end it was meant to have
    case when is_revoked then coalesce(sanction_date, end_date) else end_date end as event_date,
    coalesce(is_revoked, false)::bigint as numerator,
    1 as denominator,
    race_ethnicity
from core.supervision
where supervision_type in ('probation', 'parole')
  and event_date is not null
