-- Grain: one row per category (null: any), measure, detail, window and cell (null: place unknown) with an event.
-- A day in detention counts once for a person, for the booking that began first; other-agency holds are left out.
with arrests as (
    select arrest_date as day, is_proactive, coalesce(own.cell, incident_cells.cell) as cell
    from core.arrests
    left join temp.side_cells as own using (place_id)
    left join temp.side_incidents as incident_cells on incident_cells.incident_id = arrests.incident_id
),

events as (
    select 'arrests' as measure, '' as detail, day, cell from arrests
    union all
    select 'arrests', 'proactive', day, cell from arrests where is_proactive
    union all
    select 'stops', '', stop_date, cells.cell from core.stops left join temp.side_cells as cells using (place_id)
),

bookings as (
    select
        coalesce(person_records.person_id, custody.custody_id) as person_id,
        custody.custody_id,
        custody.detained_from,
        -- least() passes over nulls: released, or disposed of, or still there
        coalesce(
            least(
                custody.detained_to,
                case when coalesce(cases.disposition, 'unknown') not in ('warrant', 'superseded')
                    then cases.disposition_date end
            ),
            date '9999-12-31'
        ) as detained_to,
        incident_cells.cell
    from core.custody
    left join core.person_records
        on person_records.record_table = 'custody' and person_records.record_id = custody.custody_id
    left join core.cases on cases.case_id = custody.case_id
    left join temp.side_incidents as incident_cells on incident_cells.incident_id = cases.incident_id
    where custody.detained_from is not null and custody.is_other_agency_hold is not true
),

earlier as (
    select
        *,
        max(detained_to) over (
            partition by person_id
            order by detained_from, custody_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from bookings
    where detained_from < detained_to
),

stays as (
    select greatest(detained_from, reached) as from_date, detained_to as until_date, cell
    from earlier
    where reached is null or reached < detained_to
)

select null as category, measure, detail, window_days, cell, count(*) as amount
from events
join temp.side_windows on day between first_day and $as_of
group by all
union all
select
    null,
    'detention_days',
    '',
    window_days,
    cell,
    sum(date_diff('day', greatest(from_date, first_day), least(until_date, $as_of + 1)))
from stays
join temp.side_windows on from_date <= $as_of and until_date > first_day
group by all
