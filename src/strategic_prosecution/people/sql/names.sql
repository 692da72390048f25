-- Grain: one row per row of name_pairs.
-- Inputs: the tables name_parts, name_keys, name_forms.
with
formed as (select short, list(name order by name) as names from name_forms group by short)

select
    parts.given_name,
    parts.family_name,
    parts.given,
    parts.middle,
    parts.family,
    parts.families,
    parts.suffix,
    parts.words,
    given_keys.key as given_key,
    family_keys.key as family_key,
    case
        when parts.given is not null then list_sort(list_append(coalesce(formed.names, []), parts.given))
    end as given_forms,
    case
        when parts.is_nobody then 'stands for nobody'
        when parts.has_no_letters then 'no letters'
        when coalesce(parts.given, parts.family) is null then 'no name'
        when regexp_matches(coalesce(parts.family, parts.given), '^[a-z]$') then 'one letter'
    end as name_fault
from name_parts as parts
left join name_keys as given_keys on parts.given = given_keys.name
left join name_keys as family_keys on parts.family = family_keys.name
left join formed on parts.given = formed.short
