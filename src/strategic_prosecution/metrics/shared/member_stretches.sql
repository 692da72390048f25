-- grain: one row per stretch of time a person's memberships of a group count, overlapping ones merged
create or replace temp table member_stretches as
with
spells as (
    select
        linked_person_id as person_id,
        group_id,
        membership_id,
        -- a membership without the day it was known counts from the day that sees it
        coalesce(known_on, $as_of) as from_date,
        -- expires_on is the first day without membership
        coalesce(expires_on, date '9999-12-31') as until_date
    from core.group_memberships
),
marked as (
    select
        *,
        max(until_date) over (
            partition by person_id, group_id
            order by from_date, membership_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from spells
    where from_date < until_date
),
numbered as (
    select
        *,
        count(*) filter (where reached is null or from_date > reached) over (
            partition by person_id, group_id
            order by from_date, membership_id
            rows between unbounded preceding and current row
        ) as stretch
    from marked
)
select
    person_id,
    group_id,
    min(from_date) as from_date,
    nullif(max(until_date), date '9999-12-31') as until_date,
    list(membership_id order by membership_id) as membership_ids
from numbered
group by person_id, group_id, stretch
