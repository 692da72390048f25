-- grain: one fact per conditional plea accepted
select diversion_id as unit_id, accepted_date as event_date, 1 as numerator, race_ethnicity
from core.diversion
where diversion_type = 'conditional_plea' and accepted_date is not null
