-- Grain: street_readings: one row per street string and way to split it into direction, name, suffix, direction.
-- Inputs: street_texts(text), cleaned; the word tables street_words and suffix_words of parse.py.

create or replace temp table street_splits as
with
texts as (
    select distinct text, string_split(text, ' ') as words
    from street_texts
    where text <> ''
),

-- Only these can end in a unit: the test of every word is left out for the rest.
with_unit as (
    select text, words
    from texts
    where regexp_matches(text, getvariable('unit_hint')) and not regexp_matches(text, getvariable('florida'))
),

spread as (
    select text, unnest(words) as word, generate_subscripts(words, 1) as nth
    from with_unit
),

-- One sign per word says what it can be; a unit at the end is then a pattern of signs.
signs as (
    select
        spread.text,
        string_agg(
            case
                when street_words.sign is not null then street_words.sign
                when regexp_matches(word, '^#(?:.*\d.*|.{1,2})$')
                    or regexp_matches(word, '^(?:APT|UNIT|STE|SUITE|BLDG|RM|ROOM|FL|FLR|LOT)#?[A-Z]?\d+[A-Z]?$')
                    then 'I'
                when regexp_matches(word, '^(?:NORTH|SOUTH|EAST|WEST)BOUND$|^[NSEW]B$') then 'B'
                -- Five digits are rather the ZIP code of another town than a unit.
                when regexp_matches(word, '^\d{5}$') then 'z'
                when regexp_matches(word, '\d') then '9'
                when length(word) = 1 or regexp_matches(word, '^(?:APT|UNIT)[A-Z]$') then 'l'
                else 'x'
            end,
            '' order by spread.nth
        ) as signs
    from spread
    left join street_words using (word)
    group by spread.text
),

-- A unit is seen as a designator and its id, or behind a suffix. Signs: n, d, D directions of one, two and more
-- letters; S suffix, R suffix and word of a route, r word of a route; U designator, K designator and suffix, A unit
-- stands alone, I designator with its id glued on; B direction of travel (WESTBOUND); o ordinal in letters; 9 has a
-- digit, z five digits, l one letter, x anything else. Up to the end only more of a unit may follow: APT 2 CAMDEN is
-- another town.
cut as (
    select
        text,
        length(regexp_extract(signs, '^([ndD]*[^ndD].*?)(?:[UK][9lnzI]|I)[UKA9lnoI]*$', 1)) as before_designator,
        case
            when before_designator > 0 then before_designator
            when regexp_matches(signs, '^.+B$') then length(signs) - 1
            else length(
                regexp_extract(
                    signs, '^([ndDrR]*[^ndDrR].*?[SK][nd]?)(?:[UA9lnoI]*[UA][UA9lnoI]*|[9lI]{1,2})$', 1
                )
            )
        end as before_unit
    from signs
),

bodies as (
    select text, words, false as tail_dropped
    from texts

    union all

    select text, words[1:before_unit] as words, true as tail_dropped
    from with_unit
    inner join cut using (text)
    where before_unit > 0
),

-- The directions of the first two words and the last two. N W is also NW, and NO W is not.
pointed as (
    select
        text,
        tail_dropped,
        words,
        len(words) as n,
        direction(words[1]) as first_direction,
        direction(words[-1]) as last_direction,
        case
            when first_direction in ('N', 'S') and length(words[1]) <> 2 and length(words[2]) <> 2
                and direction(words[2]) in ('E', 'W') then first_direction || direction(words[2])
        end as first_two,
        case
            when last_direction in ('E', 'W') and n > 1 and length(words[-1]) <> 2 and length(words[-2]) <> 2
                and direction(words[-2]) in ('N', 'S') then direction(words[-2]) || last_direction
        end as last_two
    from bodies
),

-- Each direction in front and behind is taken as one or left in the name.
directed as (
    select
        text,
        tail_dropped,
        fore.taken as fore,
        aft.taken as aft,
        case fore.taken when 0 then '' when 1 then first_direction else first_two end as predir,
        case aft.taken when 0 then '' when 1 then last_direction else last_two end as postdir,
        words[1 + fore.taken:n - aft.taken] as core
    from pointed
    inner join (values (0), (1), (2)) as fore (taken)
        on fore.taken = 0
        or (fore.taken = 1 and n > 1 and first_direction <> '')
        or (fore.taken = 2 and n > 2 and first_two is not null)
    inner join (values (0), (1), (2)) as aft (taken)
        on aft.taken = 0
        or (aft.taken = 1 and n - fore.taken > 1 and last_direction <> '')
        or (aft.taken = 2 and n - fore.taken > 2 and last_two is not null)
),

-- The suffix is taken, or is part of the name (CANAL PARK); what has no suffix may lack one.
suffixed as (
    select
        directed.text,
        directed.tail_dropped,
        directed.fore,
        directed.aft,
        directed.predir,
        directed.postdir,
        array_to_string(directed.core[:-2], ' ') as name,
        suffix_words.suffix,
        false as is_complete,
        suffix_words.place as split
    from directed
    inner join suffix_words on suffix_words.word = directed.core[-1]
    where len(directed.core) > 1

    union all

    select
        directed.text,
        directed.tail_dropped,
        directed.fore,
        directed.aft,
        directed.predir,
        directed.postdir,
        array_to_string(directed.core, ' ') as name,
        '' as suffix,
        len(directed.core) > 1 and (suffix_words.word is not null) as is_complete,
        9 as split
    from directed
    left join suffix_words on suffix_words.word = directed.core[-1] and suffix_words.place = 0
)

from suffixed

union all

-- E S ST may be E SOUTH ST.
select
    * replace (
        case name when 'N' then 'NORTH' when 'S' then 'SOUTH' when 'E' then 'EAST' else 'WEST' end as name,
        split + 10 as split
    )
from suffixed
where suffix <> '' and fore + aft > 0 and name in ('N', 'S', 'E', 'W');

-- The key two spellings of one name share: no blanks, ordinals in digits, SAINT = ST, numbered routes in one form. The
-- mark keeps WEST END (W_END) apart from WEND.
create or replace temp table name_keys as
with
names as (
    select distinct name, regexp_matches(name, getvariable('ordinal_hint')) as has_ordinal
    from street_splits
),

-- Without an ordinal, a route or AVENUE C only the first and the last word can have another spelling. A suffix at the
-- end is written in full, so that ROSE HL, ROSE HILL and ROSEHILL are one.
ends as (
    select
        name,
        split_part(name, ' ', 1) as first_word,
        split_part(name, ' ', -1) as last_word
    from names
    where not has_ordinal
),

plain as (
    select
        ends.name,
        case
            when first_word = name then name
            else begun_word(first_word)
                || replace(
                    substr(name, length(first_word) + 1, length(name) - length(first_word) - length(last_word)), ' ', ''
                )
                || coalesce(street_words.suffix, last_word)
        end as key
    from ends
    left join street_words on street_words.word = ends.last_word
),

spread as (
    select
        name,
        string_split(one_route(joined_ordinals(name)), ' ') as words,
        unnest(words) as word,
        generate_subscripts(words, 1) as nth,
        len(words) as n,
        -- AVENUE C and HIGHWAY 5 have their type in front.
        regexp_matches(words[-1], '^(?:\d+|.)$') as is_type_in_front
    from names
    where has_ordinal
),

numbered as (
    select
        spread.name,
        spread.nth,
        spread.n,
        case
            when n > 1 and (nth = n) <> is_type_in_front and street_words.suffix is not null then street_words.suffix
            when street_words.ordinal is not null then street_words.ordinal
            when regexp_matches(word, '^\d+(?:ST|ND|RD|TH)$') then ordinal(left(word, length(word) - 2))
            when n = 1 and regexp_matches(word, '^\d+$') then ordinal(word)
            else word
        end as word
    from spread
    left join street_words using (word)
),

with_ordinals as (
    select name, string_agg(case when n = 1 or nth > 1 then word else begun_word(word) end, '' order by nth) as key
    from numbered
    group by name
)

from plain
union all
from with_ordinals;

-- The fullest split first. NORTHEAST AVE is first of all a street named NORTHEAST, not a street named AVE.
create or replace temp table street_readings as
with
ranked as (
    select
        splits.*,
        (row_number() over (
            partition by splits.text
            order by
                500 * (splits.suffix = '' and street_words.suffix is not null)::integer
                + 250 * splits.tail_dropped::integer
                + 80 * (2 - splits.fore)
                + 25 * (2 - splits.aft)
                + splits.split
        ) - 1)::smallint as rank
    from street_splits as splits
    left join street_words on street_words.word = splits.name
)

select
    ranked.text,
    ranked.rank,
    ranked.predir,
    ranked.name,
    ranked.suffix,
    ranked.postdir,
    ranked.is_complete as complete,
    ranked.tail_dropped,
    name_keys.key
from ranked
inner join name_keys using (name);

drop table street_splits;
drop table name_keys;
