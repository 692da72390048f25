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
events as (
    select 'membership' as kind, event_id as id, known_on, source_load from desk.memberships
    union all
    select 'feud', event_id, known_on, source_load from desk.feuds
    union all
    select 'link decision', event_id, known_on, null from desk.link_decisions
    union all
    -- On the newest day what takes a membership out counts at once, whatever its own day.
    select 'membership action', event_id, if(
            action in ('contest', 'remove') and $as_of >= (select max(extract_date) from meta.loads), least(known_on, $as_of), known_on
        ), null
    from desk.membership_actions
    union all
    select 'membership audit', event_id, known_on, null from desk.membership_audits
    union all
    select 'incident review', event_id, known_on, null from desk.incident_reviews
    union all
    select 'strategy', event_id, known_on, null from desk.strategy_entries
    union all
    select 'commitment', event_id, known_on, null from desk.commitment_entries
    union all
    select 'call-in', event_id, known_on, null from desk.call_ins
    union all
    select 'call-in step', event_id, known_on, null from desk.call_in_people
    union all
    select 'call-in help', event_id, known_on, null from desk.call_in_help
    union all
    select 'call-in check', event_id, known_on, null from desk.call_in_checks
    union all
    select 'promise', event_id, known_on, null from desk.promises
),
decisions as (
    select kind, id, known_on from events
    where source_load in (select id from loads) or (source_load is null and known_on <= $as_of)
),
-- What is expunged or sealed is so on every day.
standing as (
    select distinct 'order ' || kind || ' ' || status, order_id, null::date from desk.orders
    where (kind in ('expunge', 'seal') and status = 'begun') or (kind = 'seal' and status = 'lifted')
),
-- A day keeps only what changed since the last month end before it, so it rests on which of these there are.
month_ends as (
    select distinct 'month end', as_of::varchar, as_of from mart.metrics
    where as_of < $as_of and as_of = last_day(as_of)
)
select kind, id, day::varchar from (
    select * from loads union all select * from decisions
    union all select * from standing union all select * from month_ends
) order by all
