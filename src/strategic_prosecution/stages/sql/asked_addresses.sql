-- Grain: one row per row of the file, in its order.
-- Inputs: temp.lines (position, address, day_text as the file has it), $epochs (days on which a street's name changes).
-- Of a day only its epoch counts: how many changes lie behind it; -1 where there is no day. A day is ISO, with or
-- without a time, or month/day/year.
with dated as (
    select
        *,
        coalesce(
            try_cast(day_text as timestamp)::date,
            try_strptime(regexp_extract(day_text, '^\d{1,2}/\d{1,2}/\d{4}'), '%m/%d/%Y')::date
        ) as day
    from temp.lines
)

select
    position,
    address,
    case
        when day is null or len($epochs::date[]) = 0 then -1
        else len(list_filter($epochs::date[], epoch -> epoch <= day))
    end as epoch,
    day_text is not null and day is null and len($epochs::date[]) > 0 as is_unread
from dated
order by position
