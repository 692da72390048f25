-- Grain: one row per string and equally good place, the places of a string together and always in the same order.
select * from best order by string_id, match_type, matched_address, place, other, faults;
