-- grain: one row per fact that counts in one cell; $last is the period's last day, or as_of if earlier
with
facts as (
    select
        *,
        date_diff(
            'day', greatest(from_date, $first), least(coalesce(until_date, $last + 1), $last + 1)
        )::bigint as days
    from temp.metric_facts
    where list_contains($combinations, combination)
)
select
    * replace (coalesce(records, [unit_id]) as records),
    row_number() over (
        partition by unit_id order by event_date, from_date, records, numerator, denominator
    ) = 1 as is_first_of_unit
from facts
where case $restriction
    when 'dated' then event_date between $first and $last
    when 'timed' then event_date between $first and $last and duration_days is not null
    when 'answered' then event_date between $first and $last and value is not null
    when 'inside' then from_date <= $last and (until_date is null or until_date > $last)
    when 'overlapping' then days > 0
end
order by unit_id, event_date, from_date, records, numerator, denominator
