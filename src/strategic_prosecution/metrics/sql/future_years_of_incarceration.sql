-- grain: one fact per person and day sentenced with something to expect; numerator = days expected to be held
select
    person_id as unit_id,
    sentence_ids as records,
    sentence_date as event_date,
    days_held as numerator,
    residence_area,
    race_ethnicity
from temp.sentencing_days
where days_held is not null
