-- Grain: one row per case: what became of it as of $as_of, and the cell of its incident (null: place unknown).
-- A case is dismissed when every charge of it is, as in dismissal_rate (a later filing is not looked for); convicted
-- when any charge is. A warrant is no end; a superseded charging document is no disposition.
with charges as (
    select
        case_id,
        bool_and(coalesce(disposition in ('dismissed', 'superseded', 'abated', 'unknown', 'unmapped'), false))
            as is_dismissed,
        bool_or(coalesce(disposition in ('guilty_plea', 'guilty_trial'), false)) as is_convicted
    from core.charges
    group by case_id
),

accepted as (
    select case_id, min(accepted_date) as day
    from core.diversion
    group by case_id
)

select
    cases.case_id,
    cases.filed_date,
    cases.disposition_date,
    cases.disposition_reason,
    coalesce(cases.disposition, 'unknown') not in ('warrant', 'superseded') as is_disposition,
    cases.disposition_date is null or cases.disposition = 'warrant' as is_pending,
    cases.disposition = 'dismissed' and coalesce(charges.is_dismissed, true) as is_dismissed,
    cases.disposition in ('guilty_plea', 'guilty_trial') or coalesce(charges.is_convicted, false) as is_convicted,
    least(accepted.day, case when cases.disposition = 'diverted' then cases.disposition_date end) as diverted_date,
    incident_cells.cell
from core.cases
left join charges using (case_id)
left join accepted using (case_id)
left join temp.side_incidents as incident_cells on incident_cells.incident_id = cases.incident_id
