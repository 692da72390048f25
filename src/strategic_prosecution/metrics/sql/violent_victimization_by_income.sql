-- grain: one fact per case of violence with a victim, by the income of the area it happened in
select case_id as unit_id, filed_date as event_date, 1 as numerator, income_quintile_of_place as income_quintile
from temp.case_facts
where is_violent and case_id in (select case_id from core.victims)
