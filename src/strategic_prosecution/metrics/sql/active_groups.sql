-- grain: one fact per stretch of time a group has a member that counts
select group_id as unit_id, membership_ids as records, from_date, until_date
from temp.group_stretches
