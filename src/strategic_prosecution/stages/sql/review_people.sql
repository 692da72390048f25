-- Grain: one row per membership that counts and event of its confirmed person: a release, an end of supervision, its own
-- expiry. temp.births has what every record of a confirmed person says of the birth date.
with contested as (
    select membership_id
    from (
        from desk.membership_actions
        where action <> 'notice' and known_on <= $on
        qualify row_number() over (partition by membership_id order by recorded_at desc, rowid desc) = 1
    )
    where action <> 'uphold'
),
members as (
    select membership_id, memberships.person_id, memberships.group_id, memberships.expires_on,
        roster.given_name, roster.family_name, roster.birth_date,
        greatest(roster.birth_date, births.youngest, people.birth_date) as youngest,
        coalesce(roster.birth_date, births.youngest) as proof
    from core.group_memberships as memberships
    join temp.roster using (membership_id)
    left join temp.births on births.confirmed_person_id = memberships.person_id
    left join core.people on people.person_id = memberships.linked_person_id
    where memberships.expires_on > $day and membership_id not in (from contested)
),
spells as (
    select custody_id, confirmed_person_id as person_id, detained_from, detained_to,
        coalesce(is_other_agency_hold, false) as is_elsewhere
    from core.custody
    join core.person_records on record_table = 'custody' and record_id = custody_id
    where detained_from is not null
),
released as (
    from spells
    where not is_elsewhere and detained_to between $day - $days::integer and $day + $days::integer
        and not exists (
            from spells as held
            where held.person_id = spells.person_id and held.custody_id <> spells.custody_id
                and held.detained_from <= spells.detained_to
                and (held.detained_to is null or held.detained_to > spells.detained_to)
        )
),
ending as (
    select supervision_id, confirmed_person_id as person_id, end_date, supervision_type
    from core.supervision
    join core.person_records on record_table = 'supervision' and record_id = supervision_id
    where end_date between $day and $day + $days::integer
),
events as (
    select membership_id, if(detained_to <= $day, 'released', 'release expected') as event, detained_to as day,
        null as detail, 'custody' as record_table, custody_id as record_id
    from members
    join released using (person_id)
    union all
    select membership_id, 'supervision ends', end_date, supervision_type, 'supervision', supervision_id
    from members
    join ending using (person_id)
    union all
    select membership_id, 'membership expires', expires_on, null, 'memberships', membership_id
    from members
    where expires_on <= $day + $days::integer
)
select event, day, detail, record_table, record_id, membership_id, person_id, group_id, given_name, family_name,
    case
        when proof is null then 'birth date missing'
        -- Whole years; who was born on 29 February is 18 on 1 March.
        when strftime($day, '%Y%m%d')::integer - strftime(youngest, '%Y%m%d')::integer < 180000 then 'under 18'
        when coalesce(given_name, family_name) is null then 'name missing'
        else ''
    end as reason
from events
join members using (membership_id)
order by event, day, person_id, membership_id, record_id
