-- grain: one row per stretch of time a group has a member that counts, overlapping memberships merged
create or replace temp table group_stretches as
with
marked as (
    select
        *,
        max(coalesce(until_date, date '9999-12-31')) over (
            partition by group_id
            order by from_date, person_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from temp.member_stretches
),
numbered as (
    select
        *,
        count(*) filter (where reached is null or from_date > reached) over (
            partition by group_id
            order by from_date, person_id
            rows between unbounded preceding and current row
        ) as stretch
    from marked
)
select
    group_id,
    min(from_date) as from_date,
    nullif(max(coalesce(until_date, date '9999-12-31')), date '9999-12-31') as until_date,
    list_sort(flatten(list(membership_ids))) as membership_ids
from numbered
group by group_id, stretch
