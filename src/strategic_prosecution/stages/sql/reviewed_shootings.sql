-- Grain: one row per shooting of core, with what the desk's incident reviews knew by $as_of in force.
-- An extract speaks on a side only where its own review is of a later day than the desk's; the motive is that of the
-- incident's newest finding. Said twice, it says the same.
with sealed as (
    select record_table, record_id from core.sealed_records where record_table in ('incidents', 'shootings')
),
newest as (
    from desk.incident_reviews
    where known_on <= $as_of and incident_id not in (select record_id from sealed where record_table = 'incidents')
    qualify row_number() over (partition by review_id order by recorded_at desc, rowid desc) = 1
),
motives as (
    select incident_id, motive, known_on from newest
    qualify row_number() over (partition by incident_id order by known_on desc, recorded_at desc, review_id) = 1
),
heard as (
    select shootings.shooting_id, victims.group_id as victim_group, victims.status as victim_status,
        suspects.group_id as suspect_group, suspects.status as suspect_status, motives.motive as desk_motive,
        greatest(victims.known_on, suspects.known_on) as desk_day,
        victims.review_id is not null and (
            shootings.group_victim_status is null or shootings.review_date is null
            or shootings.review_date <= victims.known_on
        ) as is_victim_heard,
        suspects.review_id is not null and (
            shootings.group_suspect_status is null or shootings.review_date is null
            or shootings.review_date <= suspects.known_on
        ) as is_suspect_heard,
        motives.motive is not null and (
            shootings.motive is null or shootings.review_date is null or shootings.review_date <= motives.known_on
        ) as is_motive_heard
    from core.shootings
    left join (from newest where side = 'victim') as victims on victims.incident_id = shootings.incident_id
    left join (from newest where side = 'suspect') as suspects on suspects.incident_id = shootings.incident_id
    left join motives on motives.incident_id = shootings.incident_id
    where coalesce(victims.review_id, suspects.review_id) is not null
        and shootings.shooting_id not in (select record_id from sealed where record_table = 'shootings')
)
select shootings.* replace (
    if(is_victim_heard, victim_group, group_victim) as group_victim,
    if(is_victim_heard, victim_status, group_victim_status) as group_victim_status,
    if(is_suspect_heard, suspect_group, group_suspect) as group_suspect,
    if(is_suspect_heard, suspect_status, group_suspect_status) as group_suspect_status,
    if(is_motive_heard, desk_motive, motive) as motive,
    if(is_victim_heard or is_suspect_heard, greatest(review_date, desk_day), review_date) as review_date
)
from core.shootings
left join heard using (shooting_id)
