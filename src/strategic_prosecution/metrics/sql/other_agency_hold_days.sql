-- grain: one fact per stay of a person held for another agency, overlapping bookings merged; until_date is not counted
select person_id as unit_id, custody_ids as records, from_date, until_date, race_ethnicity
from temp.custody_stays
where is_other_agency_hold
