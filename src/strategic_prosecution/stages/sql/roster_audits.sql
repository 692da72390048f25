-- Grain: one row per sample of the roster with what was found of it by a day.
-- The newest finding of a sample and membership counts. What an order took out since reads as not decided.
with findings as (
    from desk.membership_audits
    where known_on <= $as_of
    qualify row_number() over (partition by finding_id order by recorded_at desc, rowid desc) = 1
)
select
    sample_id,
    min(seed) as seed,
    min(sample_size) as sample_size,
    min(drawn_from) as drawn_from,
    count(*) filter (finding = 'supported') as supported,
    count(*) filter (finding = 'not_supported') as not_supported
from findings
group by sample_id
order by sample_id
