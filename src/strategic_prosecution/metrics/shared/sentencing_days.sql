-- grain: one row per person and day of original sentences: the terms of that day as one
create or replace temp table sentencing_days as
with
whose as (
    -- a sentence names no defendant: a case with several stands for one person
    select case_id, case when count(distinct person_id) = 1 then min(person_id) else case_id end as person_id
    from temp.case_people
    group by case_id
),
original as (
    select
        coalesce(w.person_id, s.case_id) as person_id,
        s.*,
        s.sentence_type in ('prison', 'jail') or (s.sentence_type = 'probation' and s.max_days > 0) as is_term,
        c.race_ethnicity,
        c.residence_area
    from core.sentences as s
    left join whose as w on w.case_id = s.case_id
    left join temp.case_facts as c on c.case_id = s.case_id
    where s.is_initial is not false
),
longest as (
    select
        person_id,
        sentence_date,
        list(sentence_id order by sentence_id) as sentence_ids,
        coalesce(bool_or(is_life), false) as is_life,
        -- of the two ends of a term, one that is not given is as long as the other
        coalesce(max(min_days) filter (where is_term), max(max_days) filter (where is_term)) as min_days,
        coalesce(max(max_days) filter (where is_term), max(min_days) filter (where is_term)) as max_days,
        max(probation_days) as probation_days,
        case when count(distinct race_ethnicity) = 1 then min(race_ethnicity) end as race_ethnicity,
        case when count(distinct residence_area) = 1 then min(residence_area) end as residence_area
    from original
    group by person_id, sentence_date
),
expected as (
    select
        *,
        case
            when is_life then $life_days
            when max_days < $prison_from_days then least(round($jail_share_of_minimum * min_days), max_days)
            else least(round($prison_share_of_minimum * min_days), max_days)
        end::bigint as days_held
    from longest
)
select
    *,
    case
        when is_life then 0
        when coalesce(max_days, probation_days) is not null
            then coalesce(max_days - days_held, 0) + coalesce(probation_days, 0)
    end::bigint as days_supervised
from expected
