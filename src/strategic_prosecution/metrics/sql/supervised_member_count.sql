-- grain: one fact per stretch of time a person is in a group and on probation or parole
with
stretches as (
    select
        m.person_id,
        m.group_id,
        m.membership_ids,
        greatest(m.from_date, s.from_date) as from_date,
        coalesce(least(m.until_date, s.until_date), date '9999-12-31') as until_date
    from temp.member_stretches as m
    inner join temp.supervision_stretches as s
        on s.person_id = m.person_id
        and s.from_date < coalesce(m.until_date, date '9999-12-31')
        and coalesce(s.until_date, date '9999-12-31') > m.from_date
),
marked as (
    select
        *,
        max(until_date) over (
            partition by person_id
            order by from_date, group_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from stretches
),
-- a member of two groups is one person
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
        list_sort(list_distinct(flatten(list(membership_ids)))) as records,
        min(from_date) as from_date,
        nullif(max(until_date), date '9999-12-31') as until_date
    from numbered
    group by person_id, stretch
)
select * from final
