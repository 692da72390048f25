-- Grain: one row per table that extracts fill: day of its newest file, and the last day that all its extracts know.
-- An extract whose newest file is half a year older than the table's newest has ended: it delays nobody.
-- Where nothing tells how late events arrive, the day of the newest file itself is not complete.
with lags as (
    select table_name, newest_extract_date, max(newest_extract_date) over (partition by table_name) as newest,
        coalesce(complete_through, newest_extract_date - 1) as complete_through
    from mart.report_lags
    where as_of = $as_of
)
select table_name, max(newest), min(complete_through)
from lags
where newest_extract_date >= newest - 180
group by table_name
order by table_name
