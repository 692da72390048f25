-- grain: one fact per violent incident followed by an arrest by as_of; duration = days to the first one
with
final as (
    select
        i.incident_id as unit_id,
        i.occurred_date as event_date,
        min(a.arrest_date) - i.occurred_date as duration_days,
        i.offense_category
    from temp.incident_facts as i
    -- an arrest before the event was for something else
    inner join temp.arrest_facts as a
        on a.incident_id = i.incident_id and a.arrest_date between i.occurred_date and $as_of
    where i.is_violent and i.is_founded
    group by i.incident_id, i.occurred_date, i.offense_category
)
select * from final
