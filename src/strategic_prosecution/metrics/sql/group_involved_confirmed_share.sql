-- grain: one fact per reviewed shooting incident; numerator = 1 if a confirmed member is on a side
with
reviewed as (
    select
        incident_id,
        min(occurred_date) as occurred_date,
        count(*) filter (
            where group_victim_status in ('confirmed')
            or group_suspect_status in ('confirmed')
        ) as involved
    from core.shootings
    where review_date is not null
      and is_unfounded is not true
      and coalesce(intent, 'unknown') in ('criminal', 'unknown', 'unmapped')
    group by incident_id
),
final as (
    select
        incident_id as unit_id,
        occurred_date as event_date,
        case when involved > 0 then 1 else 0 end as numerator,
        1 as denominator
    from reviewed
)
select * from final
