-- Grain: one row per count: of the days from $since to before $day, and of as many days before these.
with weeks as (
    select $since as first_day, $day as end_day, 'this' as week
    union all
    select $since - ($day - $since)::integer, $since, 'before'
),
events as (
    select 1 as place, 'shooting incidents' as what, day, 1 as amount from temp.review_incidents
    union all
    select 2, 'people killed', day, killed from temp.review_incidents
    union all
    select 3, 'people wounded', day, wounded from temp.review_incidents
    union all
    select 4, 'arrests after a shooting', arrest_date, 1
    from core.arrests
    where incident_id in (select incident_id from temp.review_incidents)
        and arrest_id not in (select record_id from core.sealed_records where record_table = 'arrests')
    union all
    select 5, 'cases filed after a shooting', filed_date, 1
    from core.cases
    where incident_id in (select incident_id from temp.review_incidents)
        and case_id not in (select case_id from temp.closed_cases)
    union all
    select 6, 'incidents reviewed', review_date, 1 from temp.review_incidents
    union all
    select 7, 'memberships new in the roster', known_on, 1 from core.group_memberships
    union all
    select 8, 'feuds new in the roster', known_on, 1 from core.group_feuds
    union all
    select 9, 'commitments done', done_date, 1 from temp.review_commitments
)
select what, coalesce(sum(amount) filter (week = 'this'), 0)::bigint as this_time,
    coalesce(sum(amount) filter (week = 'before'), 0)::bigint as time_before
from events
left join weeks on day >= first_day and day < end_day
group by place, what
order by place
