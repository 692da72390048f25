-- grain: one row per case with an original sentence: its parts of the first sentencing day
create or replace temp table sentence_facts as
with
original as (
    select *, min(sentence_date) over (partition by case_id) as first_date
    from core.sentences
    where is_initial is not false
),
parts as (
    select
        case_id,
        min(sentence_date) as sentence_date,
        list(sentence_id order by sentence_id) as sentence_ids,
        coalesce(bool_or(
            sentence_type in ('prison', 'jail', 'youth_corrections', 'community_corrections')
            or (sentence_type = 'probation' and max_days > 0)
        ), false) as has_incarceration,
        coalesce(bool_or(sentence_type = 'prison'), false) as has_prison,
        coalesce(bool_or(sentence_type = 'jail'), false) as has_jail,
        coalesce(bool_or(sentence_type = 'community_corrections'), false) as has_community_corrections,
        coalesce(bool_or(sentence_type = 'probation'), false) as has_probation,
        coalesce(bool_or(is_life), false) as is_life,
        -- terms of one sentencing run together
        max(coalesce(max_days, min_days)) filter (where sentence_type = 'jail') as jail_days,
        max(credit_days) as credit_days
    from original
    where sentence_date = first_date
    group by case_id
)
select
    parts.*,
    c.filed_date,
    c.offense_category,
    coalesce(
        case when c.disposition_severity not in ('unknown', 'unmapped') then c.disposition_severity end, c.severity
    ) as severity,
    c.race_ethnicity,
    c.sex,
    c.residence_area,
    c.area_id,
    c.income_quintile,
    c.defense_type
from parts
left join temp.case_facts as c on c.case_id = parts.case_id
