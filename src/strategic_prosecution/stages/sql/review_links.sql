-- Grain: one row per incident since $since, other incident and reason why the two may belong together.
with newest as (
    from desk.incident_reviews
    where known_on <= $on
    qualify row_number() over (partition by review_id order by recorded_at desc, rowid desc) = 1
),
declared as (
    select incident_id, linked_incident_id as other_id from newest where linked_incident_id is not null
),
named as (
    select incident_id, side, group_id from temp.review_sides
    where status in ('confirmed', 'suspected') and group_id is not null
),
group_pairs as (
    select distinct incident_id, least(one.group_id, other.group_id) as first_group,
        greatest(one.group_id, other.group_id) as second_group
    from (from named where side = 'victim') as one
    join (from named where side = 'suspect') as other using (incident_id)
    where one.group_id <> other.group_id
),
filed as (
    select incident_id, coalesce('docket ' || docket_id, 'case ' || case_id) as filed_under from core.cases
    where case_id not in (select case_id from temp.closed_cases)
    union
    select referrals.incident_id, coalesce('docket ' || docket_id, 'case ' || case_id)
    from core.referrals
    join core.cases using (case_id)
    where case_id not in (select case_id from temp.closed_cases)
        and referral_id not in (select record_id from core.sealed_records where record_table = 'referrals')
),
links as (
    select incident_id, other_id, 'the review says so' as why from declared
    union
    select other_id, incident_id, 'the review says so' from declared
    union
    select one.incident_id, other.incident_id, 'within ' || $near_m || ' m and ' || $near_days || ' days'
    from temp.review_incidents as one
    join temp.review_incidents as other on abs(one.day - other.day) <= $near_days
    join core.places as here on here.place_id = one.place_id
    join core.places as there on there.place_id = other.place_id
    where (here.x - there.x) * (here.x - there.x) + (here.y - there.y) * (here.y - there.y) <= $near_m * $near_m
    union
    select one.incident_id, other.incident_id, 'the same two groups within ' || $retaliation_days || ' days'
    from group_pairs as one
    join group_pairs as other using (first_group, second_group)
    join temp.review_incidents as this on this.incident_id = one.incident_id
    join temp.review_incidents as that on that.incident_id = other.incident_id
    where abs(this.day - that.day) <= $retaliation_days
    union
    select one.incident_id, other.incident_id, 'in the same court case'
    from filed as one
    join filed as other using (filed_under)
)
select links.incident_id, other_id, why, coalesce(shots.day, incidents.occurred_date) as day
from links
join temp.review_incidents as own on own.incident_id = links.incident_id
left join temp.review_incidents as shots on shots.incident_id = other_id
left join core.incidents on incidents.incident_id = other_id
where own.day >= $since and links.incident_id <> other_id
    and other_id not in (select record_id from core.sealed_records where record_table = 'incidents')
    and coalesce(shots.day, incidents.occurred_date) is not null
order by links.incident_id, day, other_id, why
