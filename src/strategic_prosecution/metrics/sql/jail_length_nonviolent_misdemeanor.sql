-- grain: one fact per nonviolent misdemeanor case with a jail term and no late conviction; duration = days of the term
with
-- all defendants followed, none convicted in the 3 years before
fresh as (
    select p.case_id
    from temp.case_people as p
    inner join temp.case_facts as c on c.case_id = p.case_id
    left join temp.case_people as other on other.person_id = p.person_id and other.case_id <> p.case_id
    left join temp.case_convictions as k
        on k.case_id = other.case_id and k.convicted_date >= c.filed_date - 1095 and k.convicted_date < c.filed_date
    group by p.case_id
    having count(k.case_id) = 0 and bool_and(p.is_followed)
)
select
    s.case_id as unit_id,
    s.sentence_ids as records,
    s.sentence_date as event_date,
    s.jail_days as duration_days,
    s.race_ethnicity
from temp.sentence_facts as s
inner join fresh on fresh.case_id = s.case_id
where s.severity = 'misdemeanor'
  and s.offense_category not in (
      'homicide', 'nonfatal_shooting', 'robbery', 'aggravated_assault', 'simple_assault', 'sexual_assault',
      'unknown', 'unmapped'
  )
  and not s.has_prison
  and not s.is_life
  and s.jail_days > coalesce(s.credit_days, 0)
