-- Grain: one row per distinct string of a chunk.
create or replace temp table strings as
select string_id::integer as string_id, text::varchar as text, day::date as day from frame;
