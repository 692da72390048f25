-- Grain: one row per year, stage, race/ethnicity, sex and kind of charge: how many of the stage. screened, decided and
-- open are no stages: they are what a stage is a share of, or tell how much is not known yet.
-- Each counts by the race/ethnicity and sex on its own record: arrest, referral, booking, or the case's defendants. A
-- case belongs to the year it was filed in, with what became of it in $follow_up_days; a sentence may follow
-- $settled_days after the conviction.
with accepted as (
    select distinct d.case_id
    from core.diversion as d
    inner join temp.case_facts as f on f.case_id = d.case_id
    where d.accepted_date <= f.filed_date + $follow_up_days::integer
),
filed as (
    select
        f.case_id,
        f.filed_date as day,
        f.race_ethnicity,
        f.sex,
        f.offense_category,
        f.severity,
        accepted.case_id is not null
            or coalesce(o.is_diverted, false)
            or (
                f.disposition is not distinct from 'diverted'
                and coalesce(f.disposition_date <= f.filed_date + $follow_up_days::integer, false)
            ) as is_diverted,
        coalesce(o.is_dismissed, false) as is_dismissed,
        coalesce(o.is_convicted, false) as is_convicted,
        coalesce(o.is_convicted and s.has_incarceration, false) as is_incarcerated,
        o.case_id is null as is_open
    -- a dismissed case filed again is one case, with the end of its last filing
    from temp.case_fates as k
    inner join temp.case_facts as f on f.case_id = k.case_id
    left join temp.case_outcomes as o
        on o.case_id = k.records[-1] and o.ended_date <= f.filed_date + $follow_up_days::integer
    left join temp.sentence_facts as s
        on s.case_id = k.records[-1] and s.sentence_date <= o.ended_date + $settled_days::integer
    left join accepted on accepted.case_id = f.case_id
),
decided as (
    select
        filed.* exclude (race_ethnicity, sex),
        d.race_ethnicity,
        d.sex,
        d.is_detained
    from filed
    inner join temp.first_decisions as d
        on d.case_id = filed.case_id and d.decision_date <= filed.day + $follow_up_days::integer
),
screened as (
    select *
    from core.referrals
    where screen_result in ('approved', 'rejected')
        and coalesce(screen_date, received_date) <= received_date + $settled_days::integer
),
-- Only what the office decides on is compared among people charged alike.
seen as (
    select 'arrested' as stage, arrest_date as day, race_ethnicity, sex, null as offense_category, null as severity
    from core.arrests
    union all by name
    select 'referred' as stage, received_date as day, race_ethnicity, sex from core.referrals
    union all by name
    select 'screened' as stage, received_date as day, race_ethnicity, sex from screened
    union all by name
    select 'approved' as stage, received_date as day, race_ethnicity, sex from screened where screen_result = 'approved'
    union all by name
    select 'filed' as stage, day, race_ethnicity, sex, offense_category, severity from filed
    union all by name
    select 'open' as stage, day, race_ethnicity, sex, offense_category, severity from filed where is_open
    union all by name
    select 'decided' as stage, day, race_ethnicity, sex, offense_category, severity from decided
    union all by name
    select 'detained' as stage, day, race_ethnicity, sex, offense_category, severity from decided where is_detained
    union all by name
    select 'diverted' as stage, day, race_ethnicity, sex, offense_category, severity from filed where is_diverted
    union all by name
    select 'dismissed' as stage, day, race_ethnicity, sex, offense_category, severity
    from filed
    where is_dismissed and not is_diverted
    union all by name
    select 'convicted' as stage, day, race_ethnicity, sex, offense_category, severity from filed where is_convicted
    union all by name
    select 'incarcerated' as stage, day, race_ethnicity, sex, offense_category, severity
    from filed
    where is_incarcerated
)
select
    year(day)::integer as year,
    stage,
    coalesce(race_ethnicity, 'unknown') as race_ethnicity,
    coalesce(sex, 'unknown') as sex,
    case
        when coalesce(offense_category, 'unknown') not in ('unknown', 'unmapped')
            and coalesce(severity, 'unknown') not in ('unknown', 'unmapped')
            then offense_category || ' ' || severity
    end as stratum,
    count(*)::bigint as events
from seen
where day between $first_day and $last_day
group by all
order by all
