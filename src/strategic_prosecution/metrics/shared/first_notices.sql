-- grain: one row per linked person who was told in person or by letter: the first notice, and what followed
create or replace temp table first_notices as
with
told as (
    select pr.person_id, n.notification_id, n.notification_date
    from core.notifications as n
    inner join core.person_records as pr
        on pr.record_table = 'notifications' and pr.record_id = n.notification_id
    where n.message_delivered
    qualify row_number() over (partition by pr.person_id order by n.notification_date, n.notification_id) = 1
),
arrests as (
    select
        told.person_id,
        -- the clock starts the day after: an arrest of the day itself may be what the notice followed from
        min(a.arrest_date) filter (where a.arrest_date > told.notification_date) as arrested_on,
        min(a.arrest_date) filter (
            where a.arrest_date > told.notification_date
            and a.offense_category in (
                'homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault'
            )
        ) as violent_arrest_on,
        min(a.arrest_date) filter (where a.arrest_date > told.notification_date and a.is_domestic)
            as domestic_arrest_on,
        bool_or(a.is_domestic and a.arrest_date between told.notification_date - 730 and told.notification_date)
            as had_domestic_arrest
    from told
    inner join temp.arrest_facts as a on a.person_id = told.person_id
    group by told.person_id
),
held as (
    select
        told.person_id,
        sum(
            date_diff(
                'day',
                greatest(s.from_date, told.notification_date + 1),
                -- least() passes over the null of who is still held
                least(s.until_date, told.notification_date + 181)
            )
        ) as days
    from told
    inner join temp.custody_stays as s on s.person_id = told.person_id
    where not s.is_other_agency_hold
      and s.from_date < told.notification_date + 181
      and (s.until_date is null or s.until_date > told.notification_date + 1)
    group by told.person_id
)
select
    told.*,
    arrests.arrested_on - told.notification_date as days_until_arrest,
    arrests.violent_arrest_on - told.notification_date as days_until_violent_arrest,
    arrests.domestic_arrest_on - told.notification_date as days_until_domestic_arrest,
    arrests.had_domestic_arrest,
    180 - coalesce(held.days, 0)::bigint as days_at_liberty
from told
left join arrests on arrests.person_id = told.person_id
left join held on held.person_id = told.person_id
