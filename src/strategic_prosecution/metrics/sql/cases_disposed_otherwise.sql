-- grain: one fact per case disposed by neither plea, verdict nor dismissal of its top charge
select case_id as unit_id, disposition_date as event_date, 1 as numerator, unnest(dimensions)
from temp.case_facts
where disposition_date is not null
  and coalesce(disposition, 'unknown') not in ('guilty_plea', 'guilty_trial', 'not_guilty', 'dismissed')
