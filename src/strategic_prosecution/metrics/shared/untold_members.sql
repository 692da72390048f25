-- grain: one row per member of a group of which somebody was told, who was not told by then: the first such day
create or replace temp table untold_members as
with
-- the clock starts when the group first heard, for those told and those not told alike
group_days as (
    select group_id, min(notification_date) as notification_date
    from core.notifications
    where message_delivered
    group by group_id
),
untold as (
    select m.person_id, m.membership_ids, g.notification_date
    from group_days as g
    inner join temp.member_stretches as m
        on m.group_id = g.group_id
        and m.from_date <= g.notification_date
        and (m.until_date is null or m.until_date > g.notification_date)
    left join temp.first_notices as f
        on f.person_id = m.person_id and f.notification_date <= g.notification_date
    where f.person_id is null
    qualify row_number() over (partition by m.person_id order by g.notification_date, g.group_id) = 1
)
select
    untold.person_id,
    untold.membership_ids,
    untold.notification_date,
    min(a.arrest_date) - untold.notification_date as days_until_violent_arrest
from untold
left join temp.arrest_facts as a
    on a.person_id = untold.person_id
    and a.arrest_date > untold.notification_date
    and a.offense_category in ('homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault')
group by untold.person_id, untold.membership_ids, untold.notification_date
