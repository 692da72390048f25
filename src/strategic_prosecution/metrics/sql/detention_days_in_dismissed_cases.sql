-- grain: one fact per dismissed case with somebody detained; numerator = person-days detained before it ended
with
filings as (
    select case_id, unnest(records) as filing from temp.case_fates where kind = 'dismissed'
),
days as (
    select
        f.case_id,
        coalesce(pr.person_id, c.custody_id) as person_id,
        -- least() passes over nulls: released, or there until that filing ended
        unnest(range(c.detained_from, least(c.detained_to, o.ended_date), interval 1 day)) as day
    from filings as f
    inner join temp.case_outcomes as o on o.case_id = f.filing
    inner join core.custody as c on c.case_id = f.filing
    left join core.person_records as pr on pr.record_table = 'custody' and pr.record_id = c.custody_id
    where c.is_other_agency_hold is not true
),
detained as (
    select case_id, count(distinct (person_id, day)) as days from days group by case_id
)
select
    f.case_id as unit_id,
    f.records,
    f.ended_date as event_date,
    d.days as numerator,
    unnest(f.dimensions)
from detained as d
inner join temp.case_fates as f on f.case_id = d.case_id
