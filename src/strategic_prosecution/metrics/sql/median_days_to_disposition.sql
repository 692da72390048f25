-- grain: one fact per case; duration_days = days to disposition, or to where the clock stopped undisposed
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
clocks as (
    select
        case_id,
        filed_date,
        offense_category,
        coalesce(disposition_date, $as_of) as stopped_date,
        disposition_date is not null
        and coalesce(disposition, 'unknown') not in ('warrant', 'superseded') as is_observed
    from core.cases
),
final as (
    select
        c.case_id as unit_id,
        c.filed_date as event_date,
        date_diff('day', c.filed_date, c.stopped_date) as duration_days,
        c.is_observed,
        c.offense_category,
        p.race_ethnicity,
        p.residence_area
    from clocks as c
    left join case_people as p on p.case_id = c.case_id
    where c.stopped_date >= c.filed_date
)
select * from final
