-- grain: one fact per person hit by gunfire of whom the log says whether they died; numerator = 1 if so
select
    shooting_id as unit_id,
    occurred_date as event_date,
    is_fatal::bigint as numerator,
    1 as denominator,
    area_id,
    race_ethnicity
from temp.shooting_facts
where is_fatal is not null
