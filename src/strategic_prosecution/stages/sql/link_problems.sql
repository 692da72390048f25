-- Grain: one row per file, table, column and reason why what records say of a person cannot be used.
insert into meta.problems by name
with told as (
    select loads.extract, record_table as table_name, loads.file, min(source_row)::bigint as row, column_name, kind,
        why || ': not used to link people' as why, count(*) as rows
    from link_faults left join meta.loads as loads on load_id = source_load
    group by all
)
select 'link-' || format('{:06d}', row_number() over (order by extract, file, table_name, column_name, why)) as problem_id,
    told.*, null as value
from told;
