-- grain: one fact per shooting incident, 3 days ago or more; numerator = 1 if partners answered it by the third day
with
answers as (
    select incident_id, outreach_date
    from temp.outreach_facts
    where outreach_type in ('response', 'mediation', 'street_outreach')
),
final as (
    select
        s.incident_id as unit_id,
        s.shooting_ids as records,
        s.occurred_date as event_date,
        (
            exists (
                select 1
                from answers as a
                where a.incident_id = s.incident_id
                  and a.outreach_date between s.occurred_date and s.occurred_date + 3
            )
        )::bigint as numerator,
        1 as denominator,
        s.area_id
    from temp.shooting_incident_facts as s
    where s.occurred_date + 3 <= $as_of
)
select * from final
