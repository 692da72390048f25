-- Grain: one row per text, in the order of the texts.
-- Inputs: a list of texts, bound; the macros of cleaning.sql.
with
texts as (
    select unnest($1::varchar[]) as text, generate_subscripts($1::varchar[], 1) as nth
)

select as_name(clean_line(text)) as text
from texts
order by nth
