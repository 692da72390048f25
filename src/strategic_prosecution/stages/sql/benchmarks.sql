-- Grain: one row per benchmark population, attribute and value: whom the priorities are compared with.
with reviewed_victims as (
    select race_ethnicity, sex from core.shootings where review_date is not null
),
suspects as (
    select race_ethnicity, sex from core.incident_people where role = 'suspect'
),
arrested as (
    select race_ethnicity, sex from core.arrests
),
counted as (
    select 'reviewed_shooting_victims' as benchmark, 'race_ethnicity' as attribute, race_ethnicity as value
    from reviewed_victims
    union all select 'reviewed_shooting_victims', 'sex', sex from reviewed_victims
    union all select 'known_suspects', 'race_ethnicity', race_ethnicity from suspects
    union all select 'known_suspects', 'sex', sex from suspects
    union all select 'arrests', 'race_ethnicity', race_ethnicity from arrested
    union all select 'arrests', 'sex', sex from arrested
)
select benchmark, attribute, coalesce(value, 'unknown') as value, count(*) as count
from counted
group by all
union all
select 'residents', 'race_ethnicity', race_ethnicity, sum(population)::bigint
from core.population
where race_ethnicity <> 'all' and age_band = 'all'
group by all
order by all
