-- grain: one fact per stretch of a person in a group, and one per stretch of a group with a member that counts
select person_id as unit_id, membership_ids as records, from_date, until_date, 1 as numerator, 0 as denominator
from temp.member_stretches
union all
select group_id, membership_ids, from_date, until_date, 0, 1
from temp.group_stretches
