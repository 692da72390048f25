-- grain: one fact per stretch of time a person has a membership that counts; residents come from core.population
with
marked as (
    select
        *,
        max(coalesce(until_date, date '9999-12-31')) over (
            partition by person_id
            order by from_date, group_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from temp.member_stretches
),
numbered as (
    select
        *,
        count(*) filter (where reached is null or from_date > reached) over (
            partition by person_id
            order by from_date, group_id
            rows between unbounded preceding and current row
        ) as stretch
    from marked
),
final as (
    select
        person_id as unit_id,
        flatten(list(membership_ids order by group_id)) as records,
        min(from_date) as from_date,
        nullif(max(coalesce(until_date, date '9999-12-31')), date '9999-12-31') as until_date
    from numbered
    group by person_id, stretch
)
select * from final
