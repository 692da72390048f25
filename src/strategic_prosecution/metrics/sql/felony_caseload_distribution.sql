-- grain: one fact per attorney with open felony cases at a month's end (or $as_of), named by the first of these cases;
-- numerator = 1 if they are more than 1.5 times the median attorney's
with
open_months as (
    select
        case_id,
        attorney_id,
        least(
            last_day(
                unnest(
                    generate_series(
                        date_trunc('month', filed_date),
                        least(coalesce(stopped_date, $as_of), $as_of),
                        interval 1 month
                    )
                )
            ),
            $as_of
        ) as day,
        stopped_date
    from temp.case_facts
    where severity = 'felony' and attorney_id is not null
),
loads as (
    select day, list(case_id order by case_id) as records, count(*) as cases
    from open_months
    where stopped_date is null or stopped_date > day
    group by day, attorney_id
)
select
    records[1] as unit_id,
    records,
    day as event_date,
    (cases > 1.5 * median(cases) over (partition by day))::bigint as numerator,
    1 as denominator
from loads
