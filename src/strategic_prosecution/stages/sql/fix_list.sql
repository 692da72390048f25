-- Grain: one row per string of a table that was not placed, those of most records first.
-- Inputs: temp.asked (place_id, address of every record of the table, without sealed ones), core.places.
-- Strings that no layer could place are left out: there is nothing to mend in the layer.
with missing as (
    select
        address,
        places.match_type,
        places.faults,
        places.matched_address,
        count(*) as records
    from temp.asked as asked
    inner join core.places as places using (place_id)
    where places.origin = 'none' and places.is_geocodable and address is not null
    group by all
)

select * from missing
order by records desc, address
