-- Grain: one row per case that is sealed, or a defendant of which is.
select record_id as case_id from core.sealed_records where record_table = 'cases'
union
select case_id from core.defendants
where defendant_id in (select record_id from core.sealed_records where record_table = 'defendants')
