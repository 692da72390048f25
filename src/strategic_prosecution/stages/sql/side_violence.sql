-- Grain: one row per category (null: any), measure, detail, window and cell (null: place unknown) with an event.
-- Incidents of a category are those of the map; violent incidents, shootings and homicides those of the metrics of that
-- name. Police-generated incidents are left out of all but the shooting log.
with mapped as (
    select unnest($categories) as category, unnest($offenses) as offense_category
),

reported as (
    select incident_id, occurred_date as day, offense_category, clearance_status, place_id
    from core.incidents
    where occurred_date <= $as_of and reported_by is distinct from 'police'
),

shot as (
    select
        shootings.incident_id,
        min(shootings.occurred_date) as day,
        min(coalesce(own.cell, incident_cells.cell)) as cell,
        bool_or(coalesce(shootings.is_fatal, false)) as is_fatal
    from core.shootings
    left join temp.side_cells as own using (place_id)
    left join temp.side_incidents as incident_cells on incident_cells.incident_id = shootings.incident_id
    where shootings.is_unfounded is not true
        and coalesce(shootings.intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
        and (shootings.is_fatal or shootings.wound_type is distinct from 'none')
    group by shootings.incident_id
),

killed as (
    select
        coalesce(homicides.incident_id, shot.incident_id) as incident_id,
        coalesce(homicides.day, shot.day) as day,
        coalesce(own.cell, shot.cell) as cell
    from (
        from reported
        where offense_category = 'homicide' and clearance_status is distinct from 'unfounded'
    ) as homicides
    full join (from shot where is_fatal) as shot on shot.incident_id = homicides.incident_id
    left join temp.side_cells as own on own.place_id = homicides.place_id
),

events as (
    select mapped.category, 'incidents' as measure, reported.day, cells.cell
    from reported
    join mapped using (offense_category)
    left join temp.side_cells as cells using (place_id)
    union all
    select null, 'reported_incidents', reported.day, cells.cell
    from reported
    left join temp.side_cells as cells using (place_id)
    union all
    select null, 'violent_incidents', reported.day, cells.cell
    from reported
    left join temp.side_cells as cells using (place_id)
    where reported.offense_category = any($violent) and reported.clearance_status is distinct from 'unfounded'
    union all
    select null, 'shootings', day, cell from shot
    union all
    select null, 'homicides', day, cell from killed
)

select category, measure, '' as detail, window_days, cell, count(*) as amount
from events
join temp.side_windows on day between first_day and $as_of
group by all
