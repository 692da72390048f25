-- grain: one fact per case with a first release decision; numerator = 1 if detained by it or held after the next day
with
custody as (
    select coalesce(c.case_id, c.custody_id) as case_id, c.* exclude (case_id), ha.area_id as residence_area
    from core.custody as c
    left join core.place_areas as ha on ha.place_id = c.home_place_id and ha.layer = $layer
    where c.is_other_agency_hold is not true
),
first_decisions as (
    select case_id, custody_id, decision_date, decision_type, race_ethnicity, residence_area
    from custody
    where decision_date is not null
    qualify row_number() over (partition by case_id order by decision_date, custody_id) = 1
),
held as (
    select distinct f.case_id
    from first_decisions as f
    inner join custody as c
        on c.case_id = f.case_id
        and c.detained_from <= f.decision_date + 1
        and (c.detained_to is null or c.detained_to > f.decision_date + 1)
    where f.decision_date < $as_of
),
final as (
    select
        f.case_id as unit_id,
        f.decision_date as event_date,
        case when f.decision_type = 'detained' or h.case_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        f.race_ethnicity,
        f.residence_area
    from first_decisions as f
    left join held as h on h.case_id = f.case_id
)
select * from final
