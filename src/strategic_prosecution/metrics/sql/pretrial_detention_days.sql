-- grain: one fact per stay of a person in pretrial detention, overlapping bookings merged; until_date is not counted
with
disposed as (
    select case_id, disposition_date
    from core.cases
    where coalesce(disposition, 'unknown') not in ('warrant', 'superseded')
),
bookings as (
    select
        coalesce(pr.person_id, c.custody_id) as person_id,
        c.custody_id,
        c.detained_from,
        -- least() passes over nulls: released, or disposed of, or still there
        coalesce(least(c.detained_to, d.disposition_date), date '9999-12-31') as detained_to,
        c.race_ethnicity,
        ha.area_id as residence_area
    from core.custody as c
    left join core.person_records as pr on pr.record_table = 'custody' and pr.record_id = c.custody_id
    left join disposed as d on d.case_id = c.case_id
    left join core.place_areas as ha on ha.place_id = c.home_place_id and ha.layer = $layer
    where c.detained_from is not null and c.is_other_agency_hold is not true
),
marked as (
    select
        *,
        max(detained_to) over (
            partition by person_id
            order by detained_from, custody_id
            rows between unbounded preceding and 1 preceding
        ) as reached
    from bookings
    where detained_from < detained_to
),
numbered as (
    select
        *,
        count(*) filter (where reached is null or detained_from > reached) over (
            partition by person_id
            order by detained_from, custody_id
            rows between unbounded preceding and current row
        ) as stay
    from marked
),
final as (
    select
        person_id as unit_id,
        min(detained_from) as from_date,
        nullif(max(detained_to), date '9999-12-31') as until_date,
        arg_min(race_ethnicity, {'day': detained_from, 'id': custody_id}) as race_ethnicity,
        arg_min(residence_area, {'day': detained_from, 'id': custody_id}) as residence_area
    from numbered
    group by person_id, stay
)
select * from final
