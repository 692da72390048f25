-- grain: one fact per diversion begun; duration = days from the offer
select
    diversion_id as unit_id,
    start_date as event_date,
    start_date - offered_date as duration_days,
    race_ethnicity
from core.diversion
where start_date >= offered_date
