-- grain: one fact per case of a shooting that killed nobody, heard at a preliminary hearing; numerator = 1 if held for
-- court
with
heard as (
    select
        case_id,
        list(hearing_id order by hearing_id) as records,
        coalesce(min(hearing_date) filter (where is_held_for_court), max(hearing_date)) as decided_date,
        bool_or(is_held_for_court) as is_held
    from core.hearings
    where is_held_for_court is not null and hearing_date <= $as_of
    group by case_id
)
select
    c.case_id as unit_id,
    h.records,
    h.decided_date as event_date,
    h.is_held::bigint as numerator,
    1 as denominator,
    unnest(c.dimensions)
from heard as h
inner join temp.case_facts as c on c.case_id = h.case_id
-- the offense code does not tell a shooting
inner join temp.shooting_incident_facts as s on s.incident_id = c.incident_id and s.killed = 0
