-- Grain of writings: one row per distinct clean name. Grain of said: one row per record, what it says of a person,
-- cleaned; null where it says nothing that can be used.
create or replace temp table writings as
select row_number() over (order by given, middle, family, suffix, words, families) as writing, *,
    -- Chinese names begin otherwise in Wade and Giles's romanisation than in pinyin.
    regexp_replace(regexp_replace(given, '^(q|zh|j|ch)', 'ch'), '^(x|hs|sh)', 's') as given_roman,
    regexp_replace(regexp_replace(family, '^(q|zh|j|ch)', 'ch'), '^(x|hs|sh)', 's') as family_roman
from (
    select distinct given, middle, family, families, suffix, words, given_key, family_key, given_forms
    from names
    -- Comparing takes the square of the letters: a text that lost its end would hold up the night.
    where given is not null and family is not null
        and length(given) <= 60 and length(family) <= 60 and coalesce(length(middle), 0) <= 120
);
create or replace temp table written as
select names.given_name, names.family_name, writing,
    case
        when name_fault is not null or writing is not null then name_fault
        when names.given is null or names.family is null then 'one name only'
        else 'too long'
    end as name_fault
from names
left join writings
    on writings.given = names.given and writings.family = names.family and writings.words = names.words
    and writings.families = names.families and writings.middle is not distinct from names.middle
    and writings.suffix is not distinct from names.suffix;
create or replace temp table said as
with fillers as (
    -- One day in many years: a date that one name in twenty has is what somebody types who does not know.
    select birth_date
    from (select distinct birth_date, given_name, family_name from records_cast where birth_date is not null)
    group by birth_date
    having count(*) > greatest(50, 0.05 * (select count(*) from written))
),
dated as (
    select *,
        case
            when birth_date > known_date then 'after the day of the record'
            when birth_date < known_date - interval 110 years then 'more than 110 years before the record'
            when birth_date in (from fillers) then 'so many have it that it stands for an unknown date'
        end as birth_fault,
        regexp_replace(upper(strip_accents(left(home_address, 200))), '[^A-Z0-9]+', ' ', 'g') as written_address
    from records_cast
)
select row, identity, number, lone, has_number, writing, name_fault, birth_fault,
    case when birth_fault is null then birth_date end as birth,
    case when sex in ('female', 'male') then sex end as sex,
    -- A shelter, a jail or a street is shared by strangers: only a house number makes it an address of few.
    case when regexp_matches(written_address, '^ ?[0-9]+ +[A-Z0-9]') then trim(written_address) end as address
from dated
left join written
    on written.given_name is not distinct from dated.given_name
    and written.family_name is not distinct from dated.family_name;
