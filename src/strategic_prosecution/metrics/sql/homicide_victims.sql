-- grain: one fact per incident with a person killed; numerator = people killed
with
by_gunfire as (
    select incident_id, occurred_date, killed, area_id
    from temp.shooting_incident_facts
    where killed > 0
      and not exists (
          select 1
          from temp.incident_facts as i
          where i.incident_id = shooting_incident_facts.incident_id and not i.is_founded
      )
),
-- the log says that nobody was killed by another's crime: by oneself, by accident, in self-defense, by an officer
no_crimes as (
    select incident_id
    from core.shootings
    where is_fatal and is_unfounded is not true
    group by incident_id
    having bool_and(coalesce(intent, 'unknown') in ('self_inflicted', 'accident', 'self_defense', 'officer'))
),
homicides as (
    select incident_id, occurred_date, victim_count, area_id
    from temp.incident_facts
    where offense_category = 'homicide'
      and is_founded
      and incident_id not in (select incident_id from no_crimes where incident_id is not null)
),
final as (
    select
        coalesce(h.incident_id, g.incident_id) as unit_id,
        coalesce(h.occurred_date, g.occurred_date) as event_date,
        -- the victim count of an incident may hold wounded people too: the shooting log says who died
        coalesce(g.killed, greatest(h.victim_count, 1), 1) as numerator,
        coalesce(h.area_id, g.area_id) as area_id
    from homicides as h
    full join by_gunfire as g on g.incident_id = h.incident_id
)
select * from final
