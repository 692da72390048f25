-- grain: one fact per dismissed case with known attendance at its last hearing; numerator = 1 if somebody was absent
with
last_hearings as (
    select h.*
    from core.hearings as h
    inner join temp.case_outcomes as o on o.case_id = h.case_id
    where o.is_dismissed and h.hearing_date <= o.ended_date
    qualify dense_rank() over (partition by h.case_id order by h.hearing_date desc) = 1
),
attendance as (
    select
        case_id,
        coalesce(bool_or(not victim_appeared), false)
        or coalesce(bool_or(not witness_appeared), false)
        or coalesce(bool_or(not police_appeared), false) as is_absence
    from last_hearings
    group by case_id
    having count(victim_appeared) + count(witness_appeared) + count(police_appeared) > 0
)
select
    c.case_id as unit_id,
    o.ended_date as event_date,
    a.is_absence::bigint as numerator,
    1 as denominator,
    unnest(c.dimensions)
from attendance as a
inner join temp.case_outcomes as o on o.case_id = a.case_id
inner join temp.case_facts as c on c.case_id = a.case_id
