-- Grain of spelt: one row per record that says enough of a person, by its spelling's first record.
-- Grain of spellings: one row per spelling: a distinct way of writing a person, identifiers included, even numbers in
-- the order of first records. Records without an identifier that write alike are one person only if Splink says so of
-- two of them: the second is a twin row, numbered one higher. A record that a reviewer decided on (lone) is a spelling
-- of its own.
create or replace temp table spelt as
select row, first_row from alike where says_enough and not too_many;
create or replace temp table spellings as
with counted as (
    select 2 * row_number() over (order by first_row) as spelling, first_row, count(*) as records
    from spelt
    group by first_row
),
described as (
    select spelling, first_row, records, said.* exclude (row, lone, has_number, name_fault, birth_fault)
    from counted join said on row = first_row
),
doubled as (
    select *, false as is_twin from described
    union all
    select * replace (spelling + 1 as spelling), true as is_twin from described where identity is null and records > 1
)
select doubled.* exclude (writing), writings.* exclude (writing), strftime(birth, '%Y%m%d') as birth_text
from doubled
join writings using (writing)
order by spelling;
