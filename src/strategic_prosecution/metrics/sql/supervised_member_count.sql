-- grain: one fact per stretch of time a person is both a member that counts and on probation or parole, merged
with
spells as (
    select
        m.linked_person_id as person_id,
        m.membership_id || ' ' || s.supervision_id as spell_id,
        greatest(coalesce(m.known_on, s.start_date), s.start_date) as from_date,
        -- end_date is the last day under supervision; expires_on the first day without membership
        coalesce(least(m.expires_on, s.end_date + 1), date '9999-12-31') as until_date
    from core.group_memberships as m
    inner join core.person_records as pr on pr.record_table = 'supervision' and pr.person_id = m.linked_person_id
    inner join core.supervision as s on s.supervision_id = pr.record_id
    where s.supervision_type in ('probation', 'parole')
),
marked as (
    select
        *,
        max(until_date) over (
            partition by person_id
            order by from_date, spell_id
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
            order by from_date, spell_id
            rows between unbounded preceding and current row
        ) as stretch
    from marked
),
final as (
    select
        person_id as unit_id,
        min(from_date) as from_date,
        nullif(max(until_date), date '9999-12-31') as until_date
    from numbered
    group by person_id, stretch
)
select * from final
