-- Grain: one row per table, breakdown and segment: '' for the whole table, then one split at a time.
-- Inputs: temp.used (one row per record and kind of place: table_name, place_id, year, offense, district,
-- race_ethnicity, names_streets), core.places, temp.place_notes (place_id, institution, street; where there is one).
-- A split that a table does not have is null there and gives no row. Streets that the layer does not have are told only
-- where they stand for at least $least records and two different strings, and never from where people live.
with known as (
    select
        used.* exclude (names_streets),
        coalesce(places.match_type, 'none') as match_type,
        case when coalesce(places.match_type, 'none') = 'none' then coalesce(places.faults, 'empty') end as reason,
        coalesce(places.is_geocodable, false) as is_geocodable,
        coalesce(places.origin in ('coordinates', 'geocoded'), false) as is_matched,
        institution,
        case when names_streets then street end as unmatched_street
    from temp.used as used
    left join core.places as places using (place_id)
    left join temp.place_notes as place_notes using (place_id)
),

counted as (
    select
        table_name,
        case
            when grouping(match_type) = 0 then 'match_type'
            when grouping(reason) = 0 then 'reason'
            when grouping(year) = 0 then 'year'
            when grouping(offense) = 0 then 'offense'
            when grouping(district) = 0 then 'district'
            when grouping(race_ethnicity) = 0 then 'race_ethnicity'
            when grouping(institution) = 0 then 'institution'
            when grouping(unmatched_street) = 0 then 'unmatched_street'
            else ''
        end as breakdown,
        coalesce(match_type, reason, year, offense, district, race_ethnicity, institution, unmatched_street) as value,
        count(*) as records,
        count(*) filter (where is_geocodable) as geocodable_records,
        count(*) filter (where is_matched) as matched_records,
        count(*) filter (where known.match_type = 'tie') as tie_records,
        count(*) filter (where known.match_type = 'range_out') as out_of_range_records,
        count(distinct place_id) as distinct_strings,
        count(distinct place_id) filter (where is_geocodable) as geocodable_strings,
        count(distinct place_id) filter (where is_matched) as matched_strings
    from known
    group by grouping sets (
        (table_name),
        (table_name, match_type),
        (table_name, reason),
        (table_name, year),
        (table_name, offense),
        (table_name, district),
        (table_name, race_ethnicity),
        (table_name, institution),
        (table_name, unmatched_street)
    )
)

select
    table_name,
    breakdown,
    coalesce(value, '') as segment,
    * exclude (table_name, breakdown, value)
from counted
where
    (breakdown = '' or value is not null)
    and (breakdown <> 'unmatched_street' or (records >= $least and distinct_strings >= 2))
order by table_name, breakdown, segment
