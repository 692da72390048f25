-- grain: one fact per stretch of time a person is on probation or parole, overlapping spells merged
select person_id as unit_id, supervision_ids as records, from_date, until_date, race_ethnicity
from temp.supervision_stretches
