-- Grain: one row per text, in the order of the texts.
-- Inputs: a list of texts, bound; the macros of cleaning.sql; the variable `marks_and_words`.
with
texts as (
    select unnest($1::varchar[]) as text, generate_subscripts($1::varchar[], 1) as nth
),

divided as (
    select
        nth,
        list_transform(
            string_split_regex(
                regexp_replace(clean_line(text), '\b1/2\b', '½', 'g'), getvariable('marks_and_words')
            ),
            lambda part: as_name(part)
        ) as parts
    from texts
)

-- The first of equal streets stays.
select
    list_filter(parts, lambda part, place: part <> '' and list_position(parts, part) = place) as streets
from divided
order by nth
