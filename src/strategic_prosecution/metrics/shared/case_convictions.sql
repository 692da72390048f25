-- grain: one row per case with a conviction: its first day, and what it was for
create or replace temp table case_convictions as
with
convicted as (
    select
        ch.case_id,
        coalesce(ch.disposition_date, c.disposition_date) as convicted_date,
        coalesce(ch.offense_category, c.offense_category) as offense_category,
        ch.severity
    from core.charges as ch
    left join core.cases as c on c.case_id = ch.case_id
    where ch.disposition in ('guilty_plea', 'guilty_trial')
    union all
    select
        c.case_id,
        c.disposition_date,
        c.offense_category,
        coalesce(nullif(c.disposition_severity, 'unknown'), c.filed_severity)
    from core.cases as c
    where c.disposition in ('guilty_plea', 'guilty_trial')
      and not exists (select 1 from core.charges as ch where ch.case_id = c.case_id and ch.disposition is not null)
)
select
    case_id,
    min(convicted_date) as convicted_date,
    coalesce(
        bool_or(
            offense_category in ('homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault')
        ),
        false
    ) as has_violence,
    coalesce(bool_or(severity = 'felony'), false) as has_felony,
    coalesce(bool_or(severity = 'misdemeanor'), false) as has_misdemeanor,
    bool_or(coalesce(severity, 'unknown') in ('unknown', 'unmapped')) as has_unknown
from convicted
where convicted_date is not null
group by case_id
