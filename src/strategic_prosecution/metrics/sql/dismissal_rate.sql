-- grain: one fact per case whose every charge has ended and whose outcome counts; numerator = 1 if all were dismissed
with
case_people as (
    select
        d.case_id,
        case when count(distinct d.race_ethnicity) = 1 then min(d.race_ethnicity) end as race_ethnicity,
        case when count(distinct ha.area_id) = 1 then min(ha.area_id) end as residence_area
    from core.defendants as d
    left join core.place_areas as ha on ha.place_id = d.home_place_id and ha.layer = $layer
    group by d.case_id
),
-- the charges decide; a case without charge rows stands for its one charge
outcomes as (
    select
        ch.case_id,
        ch.disposition,
        -- sources without a day for each charge give one for the case
        case when ch.disposition is not null then coalesce(ch.disposition_date, c.disposition_date) end
            as disposition_date
    from core.charges as ch
    left join core.cases as c on c.case_id = ch.case_id
    union all
    select c.case_id, c.disposition, c.disposition_date
    from core.cases as c
    where not exists (select 1 from core.charges as ch where ch.case_id = c.case_id)
),
ended as (
    select
        case_id,
        max(disposition_date) as ended_date,
        count(*) filter (where disposition = 'diverted') as diverted,
        count(*) filter (where disposition = 'dismissed') as dismissed,
        count(*) filter (
            where disposition not in ('superseded', 'abated', 'unknown', 'unmapped')
        ) as decided
    from outcomes
    group by case_id
    having count(*) = count(*) filter (
        where disposition_date is not null and coalesce(disposition, 'unknown') <> 'warrant'
    )
),
case_persons as (
    select distinct d.case_id, pr.person_id, c.incident_id, c.filed_date
    from core.defendants as d
    inner join core.person_records as pr on pr.record_table = 'defendants' and pr.record_id = d.defendant_id
    inner join core.cases as c on c.case_id = d.case_id
    where c.incident_id is not null
),
filed_again as (
    select distinct e.case_id
    from ended as e
    inner join case_persons as p on p.case_id = e.case_id
    inner join case_persons as again
        on again.person_id = p.person_id
        and again.incident_id = p.incident_id
        and again.case_id <> p.case_id
        and again.filed_date between e.ended_date and e.ended_date + 90
    where e.dismissed = e.decided
),
final as (
    select
        c.case_id as unit_id,
        c.filed_date as event_date,
        case when e.dismissed = e.decided then 1 else 0 end as numerator,
        1 as denominator,
        c.offense_category,
        p.race_ethnicity,
        p.residence_area
    from core.cases as c
    inner join ended as e on e.case_id = c.case_id and e.decided > 0 and e.diverted = 0
    left join filed_again as f on f.case_id = c.case_id
    left join case_people as p on p.case_id = c.case_id
    where f.case_id is null
)
select * from final
