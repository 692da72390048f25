-- grain: one fact per domestic incident with a known address; numerator = 1 if there was one in the 365 days before
with
domestic as (
    select incident_id, occurred_date, place_id, area_id
    from temp.incident_facts
    where is_domestic and is_founded and place_id is not null
      -- what is written where there is no address is no place to come back to
      and not exists (
          select 1 from core.places as p where p.place_id = incident_facts.place_id and not p.is_geocodable
      )
),
final as (
    select
        incident_id as unit_id,
        occurred_date as event_date,
        -- of several on one day the first is no repeat
        coalesce(occurred_date - lag(occurred_date) over at_address <= 365, false)::bigint as numerator,
        1 as denominator,
        area_id
    from domestic
    window at_address as (partition by place_id order by occurred_date, incident_id)
)
select * from final
