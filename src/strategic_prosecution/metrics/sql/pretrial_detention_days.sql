-- grain: one fact per stay of a person in pretrial detention, overlapping bookings merged; until_date is not counted
select person_id as unit_id, custody_ids as records, from_date, until_date, area_id, residence_area, race_ethnicity
from temp.custody_stays
where not is_other_agency_hold
