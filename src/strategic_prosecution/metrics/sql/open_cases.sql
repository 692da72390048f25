-- grain: one fact per case; until_date = first day off the docket (a warrant leaves it open)
select
    case_id as unit_id,
    filed_date as from_date,
    case when stopped_by is distinct from 'warrant' then stopped_date end as until_date,
    unnest(dimensions)
from temp.case_facts
