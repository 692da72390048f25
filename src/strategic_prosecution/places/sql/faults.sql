-- Grain: two macros, the size of every fault and the highest score of every match type.
-- What a string leaves out or adds is a fault; what it states and the layer contradicts is a rejection and stands
-- nowhere here. Sizes follow the British Columbia geocoder's published penalties (bcgov/ols-geocoder).
create or replace temp macro fault_size(fault) as
case fault
    when '' then 0
    when 'cross_street_missing' then 0
    when 'alias' then 1
    when 'spelling' then 1
    when 'tail_dropped' then 1
    when 'number_span' then 1
    when 'half_number' then 1
    when 'number_letter' then 1
    when 'cross_street' then 1
    when 'glued' then 1
    when 'direction_moved' then 1
    when 'locality_misspelt' then 1
    when 'digit_for_letter' then 2
    when 'name_misspelt' then 2
    when 'direction_missing' then 2
    when 'number_dropped' then 2
    when 'near' then 3
    when 'side' then 3
    when 'hundred_block' then 3
    when 'near_miss' then 3
    when 'street_cut_off' then 3
    when 'block_between' then 3
    when 'direction_extra' then 4
    when 'suffix_extra' then 4
    when 'suffix_missing' then 6
    when 'number_out_of_range' then 10
    when 'suffix_differs' then 30
    else error('a fault without a size: ' || fault)
end;

create or replace temp macro highest_score(match_type) as
case match_type
    when 'point' then 100
    when 'range' then 100
    when 'intersection' then 100
    when 'point_interpolated' then 99
    when 'block' then 99
    when 'place' then 95
    else 78
end;
