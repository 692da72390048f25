-- grain: one row per case: who, where, how it was filed and how it first left the docket
create or replace temp table case_facts as
with
incomes as (
    select area_id, income_quintile from core.areas where layer = $layer
),
-- what the defendants of a case do not share, the case does not have
who as (
    select
        d.case_id,
        case when count(distinct d.race_ethnicity) = 1 then min(d.race_ethnicity) end as race_ethnicity,
        case when count(distinct d.sex) = 1 then min(d.sex) end as sex,
        case when count(distinct ha.area_id) = 1 then min(ha.area_id) end as residence_area,
        min(d.age) as age
    from core.defendants as d
    left join core.place_areas as ha on ha.place_id = d.home_place_id and ha.layer = $layer
    group by d.case_id
),
final as (
    select
        c.case_id,
        c.docket_id,
        c.incident_id,
        c.filed_date,
        c.offense_category,
        c.offense_category in ('homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'sexual_assault')
            as is_violent,
        c.filed_severity as severity,
        -- a warrant stops the clock and a superseded document was replaced: neither is a disposition
        c.disposition_date as stopped_date,
        c.disposition as stopped_by,
        case when coalesce(c.disposition, 'unknown') not in ('warrant', 'superseded') then c.disposition_date end
            as disposition_date,
        case when coalesce(c.disposition, 'unknown') not in ('warrant', 'superseded') then c.disposition end
            as disposition,
        coalesce(c.disposition_date, $as_of) - c.filed_date as clock_days,
        c.disposition_severity,
        c.disposition_reason,
        c.first_filed_charge,
        c.disposition_charge,
        c.defense_type,
        c.attorney_id,
        c.is_against_officer,
        who.race_ethnicity,
        who.sex,
        who.age,
        who.residence_area,
        i.area_id,
        i.occurred_date,
        i.income_quintile as income_quintile_of_place,
        incomes.income_quintile::varchar as income_quintile
    from core.cases as c
    left join who on who.case_id = c.case_id
    left join temp.incident_facts as i on i.incident_id = c.incident_id
    left join incomes on incomes.area_id = who.residence_area
)
select
    *,
    -- what facts of cases may be broken down by, for metrics to pass on as it is
    {
        'area_id': area_id,
        'residence_area': residence_area,
        'race_ethnicity': race_ethnicity,
        'sex': sex,
        'offense_category': offense_category,
        'severity': severity,
        'defense_type': defense_type,
        'income_quintile': income_quintile
    } as dimensions
from final
