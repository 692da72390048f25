-- grain: one fact per diversion that ended; duration = days from its first day
select diversion_id as unit_id, end_date as event_date, end_date - start_date as duration_days, race_ethnicity
from core.diversion
where end_date >= start_date
