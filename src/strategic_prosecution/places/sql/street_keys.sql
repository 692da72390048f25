-- Grain: one row per reading of a street string and name key of the layer it may stand for.
-- A string none of whose readings is a name of the layer may be misspelt: keys one edit away, found by what is left
-- after one deletion on either side. Numbered streets are never one another's misspelling, nor are short names, nor
-- names with other first letters: BALAX for RALAX is another street more often than a slip.
create or replace temp table street_keys as
with
readings as (
    select text, predir, name, suffix, postdir, complete, tail_dropped, key from street_readings
),
layer_keys as (
    select distinct key from layer_names
),
known as (
    select readings.*, key as layer_key, false as is_misspelt from readings semi join layer_keys using (key)
),
unknown as (
    select * from readings anti join known using (text)
    where $fuzzy and not complete and not tail_dropped and length(key) >= 5 and not regexp_matches(key, '[0-9_]')
),
unknown_keys as (
    select distinct key from unknown
),
variants as (
    select key, key as variant from unknown_keys
    union
    select key, left(key, place - 1) || substr(key, place + 1) as variant
    from (select key, unnest(range(1, length(key) + 1)) as place from unknown_keys)
),
near_keys as (
    select distinct variants.key, layer_variants.key as layer_key
    from variants
    join layer_variants using (variant)
    where damerau_levenshtein(variants.key, layer_variants.key) = 1
        and left(variants.key, 1) = left(layer_variants.key, 1)
),
misspelt as (
    select unknown.*, near_keys.layer_key, true as is_misspelt from unknown join near_keys using (key)
)
select * from known
union all
select * from misspelt;
