-- grain: one row per stretch of time a person is on probation or parole, overlapping spells merged
create or replace temp table supervision_stretches as
with
spells as (
    select
        coalesce(pr.person_id, s.supervision_id) as person_id,
        s.supervision_id,
        s.start_date as from_date,
        -- end_date is the last day under supervision
        coalesce(s.end_date + 1, date '9999-12-31') as until_date,
        s.race_ethnicity,
        s.sex
    from core.supervision as s
    left join core.person_records as pr on pr.record_table = 'supervision' and pr.record_id = s.supervision_id
    where s.supervision_type in ('probation', 'parole')
),
marked as (
    select
        *,
        max(until_date) over (
            partition by person_id
            order by from_date, supervision_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from spells
    where from_date < until_date
),
numbered as (
    select
        *,
        count(*) filter (where reached is null or from_date > reached) over (
            partition by person_id
            order by from_date, supervision_id
            rows between unbounded preceding and current row
        ) as stretch
    from marked
)
select
    person_id,
    min(from_date) as from_date,
    nullif(max(until_date), date '9999-12-31') as until_date,
    list(supervision_id order by from_date, supervision_id) as supervision_ids,
    arg_min(race_ethnicity, {'day': from_date, 'id': supervision_id}) as race_ethnicity,
    arg_min(sex, {'day': from_date, 'id': supervision_id}) as sex
from numbered
group by person_id, stretch
