-- grain: one fact per victim of a case, as first filed, whose outcome counts; numerator = 1 if it was dismissed
select
    v.victim_id as unit_id,
    f.filed_date as event_date,
    (f.kind = 'dismissed')::bigint as numerator,
    1 as denominator,
    v.race_ethnicity,
    f.offense_category
from core.victims as v
inner join temp.case_fates as f on f.case_id = v.case_id
where f.is_counted
