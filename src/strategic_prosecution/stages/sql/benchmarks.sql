-- Grain: one row per benchmark population, attribute and value: whom the priorities are compared with.
-- People count once, over the window of the ties; victims of reviewed shootings are counted per victim record.
with linked as (
    select record_table, record_id, person_id, people.race_ethnicity, people.sex
    from core.person_records
    join core.people using (person_id)
),
reviewed_victims as (
    select 'reviewed_shooting_victims' as benchmark, shooting_id as person_id, race_ethnicity, sex
    from core.shootings
    where review_date is not null and occurred_date > $as_of::date - $window_days::integer
        and occurred_date <= $as_of
),
suspects as (
    select distinct 'known_suspects', person_id, linked.race_ethnicity, linked.sex
    from core.incident_people
    join core.incidents using (incident_id)
    join linked on record_table = 'incident_people' and record_id = incident_person_id
    where role = 'suspect' and incidents.occurred_date > $as_of::date - $window_days::integer
        and incidents.occurred_date <= $as_of
),
arrested as (
    select distinct 'arrests', person_id, linked.race_ethnicity, linked.sex
    from core.arrests
    join linked on record_table = 'arrests' and record_id = arrest_id
    where arrest_date > $as_of::date - $window_days::integer and arrest_date <= $as_of
),
people as (
    select * from reviewed_victims union all select * from suspects union all select * from arrested
),
counted as (
    select benchmark, 'race_ethnicity' as attribute, race_ethnicity as value from people
    union all
    select benchmark, 'sex', sex from people
),
residents as (
    select race_ethnicity as value, sum(population)::bigint as count
    from core.population
    where age_band = 'all'
    group by race_ethnicity
),
-- Shares are of all residents: those the layer names no group for stand as other.
remainder as (
    select max(count) filter (value = 'all') - coalesce(sum(count) filter (value <> 'all'), 0)::bigint as count
    from residents
    having count(*) filter (value <> 'all') > 0
)
select benchmark, attribute, coalesce(value, 'unknown') as value, count(*) as count
from counted
group by all
union all
select 'residents', 'race_ethnicity', value, count from residents
where value <> 'all' and (select count(*) from remainder) > 0
union all
select 'residents', 'race_ethnicity', 'other', count from remainder where count > 0
order by all
