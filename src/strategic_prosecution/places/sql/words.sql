-- Grain: street_words: one row per word of USPS Publication 28; suffix_words: one row per word and suffix it can be.
-- Inputs: lists of equal length in variables set by parse.py.

-- suffix (its primary name) and ordinal are null where the word is none; sign: see streets.sql.
create or replace temp table street_words as
select
    unnest(getvariable('street_words')::varchar[]) as word,
    unnest(getvariable('street_word_signs')::varchar[]) as sign,
    unnest(getvariable('street_word_suffixes')::varchar[]) as suffix,
    unnest(getvariable('street_word_ordinals')::varchar[]) as ordinal;

-- place: 0 for the first suffix of a word. An empty suffix: the word is a plural that states none.
create or replace temp table suffix_words as
select
    unnest(getvariable('suffix_words')::varchar[]) as word,
    unnest(getvariable('suffix_places')::integer[]) as place,
    unnest(getvariable('suffix_values')::varchar[]) as suffix;
