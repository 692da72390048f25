-- grain: one row per stay of a person in pretrial detention, or held for another agency, overlapping bookings merged;
-- until_date is not counted
create or replace temp table custody_stays as
with
bookings as (
    select
        coalesce(pr.person_id, c.custody_id) as person_id,
        c.custody_id,
        c.detained_from,
        -- least() passes over nulls: released, or disposed of, or still there; a hold for others outlasts the case
        coalesce(
            case
                when c.is_other_agency_hold then c.detained_to
                else least(c.detained_to, d.disposition_date)
            end,
            date '9999-12-31'
        ) as detained_to,
        c.race_ethnicity,
        c.sex,
        ha.area_id as residence_area,
        d.area_id,
        coalesce(c.is_other_agency_hold, false) as is_other_agency_hold
    from core.custody as c
    left join core.person_records as pr on pr.record_table = 'custody' and pr.record_id = c.custody_id
    left join temp.case_facts as d on d.case_id = c.case_id
    left join core.place_areas as ha on ha.place_id = c.home_place_id and ha.layer = $layer
    where c.detained_from is not null
),
marked as (
    select
        *,
        max(detained_to) over (
            partition by person_id, is_other_agency_hold
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
            partition by person_id, is_other_agency_hold
            order by detained_from, custody_id
            rows between unbounded preceding and current row
        ) as stay
    from marked
)
select
    person_id,
    is_other_agency_hold,
    min(detained_from) as from_date,
    nullif(max(detained_to), date '9999-12-31') as until_date,
    list(custody_id order by detained_from, custody_id) as custody_ids,
    arg_min(race_ethnicity, {'day': detained_from, 'id': custody_id}) as race_ethnicity,
    arg_min(sex, {'day': detained_from, 'id': custody_id}) as sex,
    arg_min(residence_area, {'day': detained_from, 'id': custody_id}) as residence_area,
    -- where the first booking's case began, known or not
    arg_min_null(area_id, {'day': detained_from, 'id': custody_id}) as area_id
from numbered
group by person_id, is_other_agency_hold, stay
