-- Grain: one row per category (null: any), measure, detail, window and cell (null: place unknown) with an event.
-- What names an area only has no place. Help counts offers, of which one meeting may hold many.
with outreach as (
    select outreach_date as day, support_offered, support_accepted, cells.cell
    from core.outreach
    left join temp.side_cells as cells using (place_id)
),

victims as (
    select first_contact_date as day, coalesce(own.cell, case_ends.cell) as cell
    from core.victims
    left join temp.side_incidents as own using (incident_id)
    left join temp.side_case_ends as case_ends on case_ends.case_id = victims.case_id
),

events as (
    select 'outreach_events' as measure, day, cell, 1 as amount from outreach
    union all
    select 'support_offered', day, cell, support_offered from outreach
    union all
    select 'support_accepted', day, cell, support_accepted from outreach
    union all
    select 'victims_contacted', day, cell, 1 from victims
)

select null as category, measure, '' as detail, window_days, cell, sum(amount) as amount
from events
join temp.side_windows on day between first_day and $as_of
where amount is not null
group by all
