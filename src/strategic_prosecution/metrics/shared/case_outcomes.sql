-- grain: one row per case whose every charge has ended: what its charges came to
create or replace temp table case_outcomes as
with
-- the charges decide; where none of a case says how it ended, the case's own disposition stands for them
outcomes as (
    select
        ch.case_id,
        ch.disposition,
        -- sources without a day for each charge give one for the case
        case when ch.disposition is not null then coalesce(ch.disposition_date, c.disposition_date) end
            as disposition_date
    from core.charges as ch
    left join core.cases as c on c.case_id = ch.case_id
    where exists (select 1 from core.charges as o where o.case_id = ch.case_id and o.disposition is not null)
    union all
    select c.case_id, c.disposition, c.disposition_date
    from core.cases as c
    where not exists (select 1 from core.charges as ch where ch.case_id = c.case_id and ch.disposition is not null)
),
ended as (
    select
        case_id,
        max(disposition_date) as ended_date,
        count(*) filter (where disposition = 'diverted') as diverted,
        count(*) filter (where disposition = 'dismissed') as dismissed,
        count(*) filter (where disposition = 'guilty_plea') as pleaded,
        count(*) filter (where disposition in ('guilty_plea', 'guilty_trial')) as convicted,
        count(*) filter (where disposition = 'not_guilty') as acquitted,
        count(*) filter (where disposition in ('guilty_trial', 'not_guilty')) as tried,
        count(*) filter (where disposition = 'superseded') as superseded,
        count(*) filter (
            where disposition not in ('superseded', 'abated', 'unknown', 'unmapped')
        ) as decided,
        -- ended in a way that nobody knows, or mapped: what the case came to is not known
        count(*) filter (where coalesce(disposition, 'unknown') in ('unknown', 'unmapped')) as unclear
    from outcomes
    group by case_id
    having count(*) = count(*) filter (
        where disposition_date is not null and coalesce(disposition, 'unknown') <> 'warrant'
    )
),
-- dismissed, and filed again within 90 days against the same person for the same incident
filed_again as (
    select
        e.case_id,
        arg_min(again.case_id, {'day': again.filed_date, 'id': again.case_id}) as filed_again_as
    from ended as e
    inner join temp.case_people as p on p.case_id = e.case_id
    inner join core.cases as c on c.case_id = e.case_id
    inner join temp.case_people as other on other.person_id = p.person_id and other.case_id <> e.case_id
    inner join core.cases as again on again.case_id = other.case_id and again.incident_id = c.incident_id
    where e.decided > 0
      and e.dismissed = e.decided
      and e.unclear = 0
      and again.filed_date between e.ended_date and e.ended_date + 90
      -- of two cases filed and ended on one day, one is the later
      and (
          again.filed_date > c.filed_date or (again.filed_date = c.filed_date and again.case_id > c.case_id)
      )
    group by e.case_id
)
select
    ended.*,
    ended.decided > 0 and ended.dismissed = ended.decided and ended.unclear = 0 as is_dismissed,
    ended.diverted > 0 as is_diverted,
    ended.convicted > 0 as is_convicted,
    filed_again.filed_again_as,
    filed_again.filed_again_as is not null as was_filed_again
from ended
left join filed_again on filed_again.case_id = ended.case_id
