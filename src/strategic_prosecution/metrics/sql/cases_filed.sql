-- grain: one fact per case
select case_id as unit_id, filed_date as event_date, 1 as numerator, unnest(dimensions) from temp.case_facts
