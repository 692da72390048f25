-- Grain: one row per load or desk event that a day's results rest on.
-- Before an extract's first load, history is reconstructed from that first load.
with first_loads as (
    select extract, min(extract_date) as earliest from meta.loads group by extract
),
loads as (
    select 'load' as kind, load_id as id, extract_date as day
    from meta.loads
    join first_loads using (extract)
    where extract_date <= greatest($as_of, earliest)
),
decisions as (
    select 'membership', event_id, known_on from desk.memberships where known_on <= $as_of
    union all
    select 'feud', event_id, known_on from desk.feuds where known_on <= $as_of
)
select kind, id, day::varchar from (select * from loads union all select * from decisions) order by all
