-- Grain of desk.memberships: one row per recorded event on a membership. It has the FBI number after the state's.
create or replace table desk_file.desk.memberships as
select
    event_id, recorded_at, recorded_by, why, membership_id, group_id, source_person_id, state_id,
    null::varchar as fbi_id, * exclude (
        event_id, recorded_at, recorded_by, why, membership_id, group_id, source_person_id, state_id
    )
from desk_file.desk.memberships;
