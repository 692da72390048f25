-- grain: one row per case as first filed: what became of it, and of what it was filed again as within 90 days
create or replace temp table case_fates as
with recursive
filings as (
    select c.case_id, c.case_id as last_case_id, [c.case_id] as records
    from temp.case_facts as c
    where not exists (select 1 from temp.case_outcomes as o where o.filed_again_as = c.case_id)
    union all
    select f.case_id, o.filed_again_as, list_append(f.records, o.filed_again_as)
    from filings as f
    inner join temp.case_outcomes as o on o.case_id = f.last_case_id and o.filed_again_as is not null
),
lasts as (
    select f.*
    from filings as f
    left join temp.case_outcomes as o on o.case_id = f.last_case_id
    where o.filed_again_as is null
),
in_diversion as (
    select distinct case_id
    from core.diversion
    where accepted_date <= $as_of and coalesce(exit_status, 'active') not in ('failed', 'withdrawn')
),
-- dismissed on the day the same person pleaded guilty in another case
pleaded_elsewhere as (
    select distinct o.case_id
    from temp.case_outcomes as o
    inner join temp.case_people as p on p.case_id = o.case_id
    inner join temp.case_people as other on other.person_id = p.person_id and other.case_id <> o.case_id
    inner join temp.case_outcomes as plea on plea.case_id = other.case_id and plea.ended_date = o.ended_date
    where o.is_dismissed and plea.pleaded > 0
),
kinds as (
    select
        l.case_id,
        l.records,
        o.ended_date,
        case
            when o.case_id is null then null
            when o.decided = 0 and o.superseded > 0 then 'superseded'
            when o.is_diverted or d.case_id is not null then 'diverted'
            when o.tried > 0 then 'trial'
            when o.pleaded > 0 then 'plea'
            when o.is_dismissed then 'dismissed'
            else 'other'
        end as kind,
        -- a conviction is one whatever became of the other charges
        coalesce(o.decided, 0) > 0 and (o.unclear = 0 or o.is_convicted) as is_decided,
        coalesce(o.is_convicted, false) as is_convicted,
        coalesce(o.acquitted > 0 and not o.is_convicted, false) as is_acquitted,
        e.case_id is not null as is_for_plea_elsewhere,
        case when f.stopped_by in ('warrant', 'superseded') then f.stopped_date end as clock_stopped_date
    from lasts as l
    left join temp.case_outcomes as o on o.case_id = l.last_case_id
    left join temp.case_facts as f on f.case_id = l.last_case_id
    left join in_diversion as d on d.case_id = l.last_case_id
    left join pleaded_elsewhere as e on e.case_id = l.last_case_id
)
select
    k.*,
    c.filed_date,
    c.is_violent,
    c.offense_category,
    c.severity,
    c.income_quintile_of_place,
    c.dimensions,
    -- the cases of which shares of outcomes speak
    coalesce(k.is_decided and not k.is_for_plea_elsewhere and k.kind not in ('diverted', 'superseded'), false)
        as is_counted,
    case
        when c.filed_date + 365 > $as_of or k.kind is not distinct from 'superseded' then null
        when k.ended_date < c.filed_date then null
        when k.ended_date <= c.filed_date + 365 then k.kind
        when k.kind is null and k.clock_stopped_date < c.filed_date + 365 then null
        else 'open'
    end as kind_by_day_365
from kinds as k
inner join temp.case_facts as c on c.case_id = k.case_id
