-- grain: one fact per diversion that ended; numerator = 1 if completed
with
final as (
    select
        diversion_id as unit_id,
        end_date as event_date,
        case when exit_status = 'completed' then 1 else 0 end as numerator,
        1 as denominator,
        race_ethnicity
    from core.diversion
    where end_date is not null and exit_status in ('completed', 'failed', 'withdrawn')
)
select * from final
