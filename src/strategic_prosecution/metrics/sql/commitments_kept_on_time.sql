-- grain: one fact per commitment with a due day; numerator = 1 if done by then
with
final as (
    select
        commitment_id as unit_id,
        due_date as event_date,
        case when done_date <= due_date then 1 else 0 end as numerator,
        1 as denominator
    from core.commitments
    where due_date is not null
)
select * from final
