-- grain: one fact per case with a life term among its original sentences
select case_id as unit_id, sentence_ids as records, sentence_date as event_date, 1 as numerator, race_ethnicity
from temp.sentence_facts
where is_life
