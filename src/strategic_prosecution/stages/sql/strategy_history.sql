-- Grain: one row per record of a person on the accused side: accusations, supervision, diversion, custody.
-- Reads strategy_records. A spell stands with its last day.
with spells as (
    select 'supervision' as record_table, supervision_id as record_id, null as case_id,
        coalesce(end_date, $as_of) as record_date
    from core.supervision
    -- Pretrial supervision is of a case, which stands here itself.
    where supervision_type is distinct from 'pretrial'
    union all
    -- An offer excludes also where it was made in the same case: there is nothing left to offer.
    select 'diversion', diversion_id, null, coalesce(end_date, $as_of)
    from core.diversion
    union all
    select 'custody', custody_id, case_id, coalesce(detained_to, $as_of)
    from core.custody
    where detained_from is not null
        -- A booking before the case is filed names none; one for another agency is of another matter.
        and (case_id is not null or coalesce(is_other_agency_hold, false))
)
select record_table, record_id, person_id as linked_person, null as incident_id, case_id, record_date
from spells
join core.person_records using (record_table, record_id)
union all
select record_table, record_id, person_id, incident_id, case_id, record_date
from strategy_records
order by record_table, record_id
