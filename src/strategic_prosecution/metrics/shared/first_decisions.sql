-- grain: one row per case with a release decision (a booking that names no case stands for one): the first one
create or replace temp table first_decisions as
with
bookings as (
    select
        coalesce(c.case_id, c.custody_id) as case_id,
        coalesce(pr.person_id, c.custody_id) as person_id,
        c.* exclude (case_id),
        ha.area_id as residence_area
    from core.custody as c
    left join core.person_records as pr on pr.record_table = 'custody' and pr.record_id = c.custody_id
    left join core.place_areas as ha on ha.place_id = c.home_place_id and ha.layer = $layer
    where c.is_other_agency_hold is not true
),
first_of_case as (
    select
        case_id, person_id, decision_date, decision_type, bail_cents, detained_to, race_ethnicity, sex, residence_area
    from bookings
    where decision_date is not null
    qualify row_number() over (partition by case_id order by decision_date, custody_id) = 1
),
held as (
    select distinct f.case_id
    from first_of_case as f
    inner join bookings as b
        on b.case_id = f.case_id
        and b.detained_from <= f.decision_date + 1
        and (b.detained_to is null or b.detained_to > f.decision_date + 1)
    where f.decision_date < $as_of
),
of_case as (
    select case_id, list(custody_id order by custody_id) as custody_ids from bookings group by case_id
),
-- the stay of the person, whatever the case, that goes on after the day of the decision
stays as (
    select f.case_id, s.until_date
    from first_of_case as f
    inner join temp.custody_stays as s
        on s.person_id = f.person_id
        and not s.is_other_agency_hold
        and s.from_date <= f.decision_date + 1
        and (s.until_date is null or s.until_date > f.decision_date)
)
select
    f.*,
    of_case.custody_ids,
    f.decision_type is not distinct from 'detained' or held.case_id is not null as is_detained,
    case
        when stays.case_id is not null then stays.until_date
        when f.decision_type is distinct from 'detained' or f.detained_to <= f.decision_date then f.decision_date
    end as released_date,
    c.disposition_date
from first_of_case as f
inner join of_case on of_case.case_id = f.case_id
left join held on held.case_id = f.case_id
left join stays on stays.case_id = f.case_id
left join temp.case_facts as c on c.case_id = f.case_id
