-- Grain: readings: one row per string, reading and street of it; unreadable: one row per string.
-- Inputs: strings(string_id, text), the macros of cleaning.sql, the pattern variables set by parse.py.
-- What a pattern asks of every row is asked after a cheaper test where there is one.

-- 1. The line of each string, or why there is none.
create or replace temp table parse_cleaned as
with
-- What stands in parentheses is a part between commas: MAIN ST (REAR), MAIN ST (CAMDEN NJ).
cleaned as (
    select
        string_id,
        clean_line(
            case
                when contains(text, '(') or contains(text, ')') then trim(translate(text, '()', ',,'), ' ,') else text
            end
        ) as line
    from strings
)

select
    string_id,
    line,
    case
        when line = '' then 'empty'
        when regexp_full_match(line, getvariable('unknown_text')) then 'unknown'
        when not regexp_matches(line, getvariable('hopeless_hint')) then ''
        when regexp_matches(line, getvariable('po_box')) then 'po_box'
        when regexp_matches(line, getvariable('homeless')) then 'homeless'
        when regexp_matches(line, getvariable('out_of_area')) then 'out_of_area'
        else ''
    end as reason
from cleaned;

-- Lines that end in a locality but for one slip of the pen, as they should be. Only where the locality is then dropped:
-- behind the name of a street alone (200 HARTFORT) it may be one.
create or replace temp table parse_misspelt as
with
tails as (
    select
        string_id,
        line,
        regexp_extract(line, getvariable('words_before_locality'), ['tail', 'rest']) as found
    from parse_cleaned
    where len(getvariable('long_localities')::varchar[]) > 0 and regexp_matches(line, getvariable('perhaps_misspelt'))
),

localities as (
    select unnest(getvariable('long_localities')::varchar[]) as locality
),

word_counts as (
    select distinct len(string_split(locality, ' ')) as n
    from localities
),

candidates as (
    select distinct n, array_to_string(string_split(found.tail, ' ')[-n:], ' ') as candidate
    from tails
    cross join word_counts
    where len(string_split(found.tail, ' ')) >= n
),

meant as (
    select candidates.candidate, min(localities.locality) as locality
    from candidates
    inner join localities
        on left(localities.locality, 1) = left(candidates.candidate, 1)
        and abs(length(localities.locality) - length(candidates.candidate)) <= 1
        and len(string_split(localities.locality, ' ')) = candidates.n
    anti join street_words on street_words.word = candidates.candidate
    -- LEWISTON and LEWISTOWN, SALEM and SALEMS are two towns, and so may be what differs in its last letter.
    where damerau_levenshtein(localities.locality, candidates.candidate) = 1
        and replace(candidates.candidate, 'TOWN', 'TON') <> replace(localities.locality, 'TOWN', 'TON')
        and regexp_replace(candidates.candidate, 'S\b', '', 'g') <> regexp_replace(localities.locality, 'S\b', '', 'g')
        and left(candidates.candidate, -1) <> left(localities.locality, -1)
        and left(candidates.candidate, -1) <> localities.locality
        and candidates.candidate <> left(localities.locality, -1)
    group by candidates.candidate
),

mended as (
    select
        tails.string_id,
        left(tails.line, length(tails.line) - length(tails.found.rest) - length(meant.candidate))
        || meant.locality || tails.found.rest as line
    from tails
    inner join meant
        on ends_with(tails.found.tail, meant.candidate)
        and (tails.found.tail = meant.candidate or ends_with(tails.found.tail, ' ' || meant.candidate))
)

select string_id, min(line) as line
from mended
where regexp_matches(line, getvariable('localities_at_end'))
    or regexp_matches(line, getvariable('locality_after_street'))
    or regexp_matches(line, getvariable('two_localities'))
group by string_id;

create or replace temp table parse_lines as
with
judged as (
    select parse_cleaned.string_id, coalesce(parse_misspelt.line, parse_cleaned.line) as line, parse_cleaned.reason
    from parse_cleaned
    left join parse_misspelt using (string_id)
),

-- The parts between commas. A locality the layer covers is dropped from every part but the first.
divided as (
    select
        string_id,
        list_filter(list_transform(string_split(line, ','), lambda part: trim(part)), lambda part: part <> '') as parts
    from judged
    where reason = '' and contains(line, ',')
),

localised as (
    select
        string_id,
        parts[1] as head,
        list_filter(
            list_transform(parts[2:], lambda part: regexp_replace(part, getvariable('locality_part'), '')),
            lambda part: part <> ''
        ) as tail
    from divided
),

-- 1200 BLOCK, N MAIN ST and N MAIN ST, 1200 BLOCK are one street; PLACE, 1200 MAIN ST is the address.
headed as (
    select
        string_id,
        head as first_part,
        case
            when head is null then ''
            when len(tail) = 0 then head
            when regexp_matches(head, getvariable('number_only')) then head || ' ' || tail[1]
            when regexp_matches(head, '^\d') then head
            when regexp_matches(tail[1], getvariable('block_only')) then tail[1] || ' ' || head
            when regexp_matches(tail[1], getvariable('numbered_street'))
                and not regexp_matches(tail[1], getvariable('unit_part')) then tail[1]
            else null
        end as joined,
        coalesce(joined, head) as head,
        case when joined is null or len(tail) = 0 or joined = head then tail else tail[2:] end as tail,
        case when joined is not null and len(tail) > 0 and joined = tail[1] then first_part else '' end as dropped
    from localised
),

-- A unit, a suffix or a direction behind a comma belongs to the street; anything else is a town that cannot be checked.
commas as (
    select
        string_id,
        array_to_string(list_prepend(head, tail), ' ') as line,
        regexp_replace(dropped, getvariable('locality_part'), '') <> ''
            and not regexp_matches(dropped, getvariable('unit_part')) as is_head_dropped,
        len(list_filter(tail, lambda part: not regexp_matches(part, getvariable('unit_part')))) > 0
            or (is_head_dropped and regexp_matches(dropped, getvariable('ends_town'))) as is_unread
    from headed
),

uncommaed as (
    select string_id, line, false as is_head_dropped, reason
    from judged
    where reason <> '' or not contains(line, ',')

    union all

    select
        string_id,
        line,
        is_head_dropped,
        case when is_unread then 'tail_not_read' when line = '' then 'not_parsed' else '' end as reason
    from commas
),

-- Without a comma a locality is only seen behind what ends a street: PHILADELPHIA AVE keeps its name. Two in a row
-- (a town and its state) are a tail behind anything.
untailed as (
    select
        string_id,
        reason,
        is_head_dropped,
        case
            when not regexp_matches(line, getvariable('locality_end')) then line
            when regexp_matches(line, getvariable('locality_after_street'))
                then regexp_replace(line, getvariable('locality_after_street'), '\1')
            else regexp_replace(line, getvariable('two_localities'), '\1')
        end as line
    from uncommaed
),

-- A unit before the number, between number and street, or words before the number say nothing about the place.
unfronted as (
    select
        string_id,
        reason,
        is_head_dropped,
        case
            when not regexp_matches(line, getvariable('fronted')) then line
            when regexp_matches(line, getvariable('unit_first'))
                then regexp_replace(line, getvariable('unit_first'), '\1')
            when regexp_matches(line, getvariable('unit_second'))
                then regexp_replace(line, getvariable('unit_second'), '\1 \2')
            when regexp_matches(line, getvariable('words_first'))
                then regexp_replace(line, getvariable('words_first'), '\1\2\3')
            else line
        end as line
    from untailed
),

-- The slash of a fraction or of a house number is no corner.
masked as (
    select
        string_id,
        reason,
        is_head_dropped,
        case
            when not contains(line, '/') and not contains(line, '\') then line
            else regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(line, '^(\d{1,6} )[123]/[34]\b', '\1½'), '\b1/2\b', '½', 'g'
                    ),
                    '^(\d{3,6}) ?[/\\] ?(\d{1,6}) ', '\1~\2 '
                ),
                -- 5TH ST S/W
                ' ([NS])/([EW])$', ' \1\2'
            )
        end as line
    from unfronted
),

-- NEAR, BETWEEN and N/O (north of) name a street and say that the place is not on the corner. NEAR CAMDEN is a town
-- that cannot be checked, and C/O a person.
neighboured as (
    select
        string_id,
        is_head_dropped,
        case
            when regexp_matches(line, getvariable('near_hint')) then regexp_matches(line, getvariable('near'))
            else false
        end as is_near,
        case
            when reason = '' and is_near and not regexp_matches(line, getvariable('near_street')) then 'tail_not_read'
            else reason
        end as reason,
        case when is_near then regexp_extract(line, getvariable('near'), 1) else line end as line
    from masked
),

crossed as (
    select
        string_id,
        case
            when reason <> '' then reason
            when regexp_full_match(line, getvariable('unknown_text')) then 'unknown'
            when not regexp_matches(line, '\p{L}') then 'not_parsed'
            else ''
        end as reason,
        is_head_dropped,
        is_near,
        case
            when contains(line, ' X ') and regexp_matches(line, getvariable('crossed_by_x'))
                then regexp_replace(line, getvariable('crossed_by_x'), '\1 & \2')
            else line
        end as line
    from neighboured
),

-- 150 MAIN ST AND 150 OAK AVE are two places.
separated as (
    select
        *,
        reason = '' and regexp_matches(line, '[&@\\/+]| (?:AND|AT) ') as has_separator,
        case
            when has_separator then regexp_matches(line, getvariable('two_addresses'))
                and not regexp_matches(line, getvariable('second_number_and_type'))
            else false
        end as is_two_addresses
    from crossed
)

select
    string_id,
    case when is_two_addresses then 'tail_not_read' else reason end as reason,
    is_head_dropped,
    is_near,
    line,
    has_separator and not is_two_addresses as is_separated
from separated;

-- 2. The streets of the lines that name several: divided at marks, and at marks and words (AND, AT).
create or replace temp table parse_parts as
with
separated as (
    select string_id, line, is_near, regexp_matches(line, ' (?:AND|AT) ') as has_words
    from parse_lines
    where is_separated
),

divided as (
    select
        string_id,
        line,
        is_near,
        has_words,
        list_filter(string_split_regex(line, getvariable('marks')), lambda part: as_name(part) <> '') as by_marks,
        case
            when has_words
                then list_filter(
                    string_split_regex(line, getvariable('marks_and_words')), lambda part: as_name(part) <> ''
                )
            else by_marks
        end as by_words
    from separated
)

select
    string_id,
    line,
    is_near,
    by_marks,
    by_words,
    -- CHEW AVE AND is a corner; RICHARD AND may be half of a name.
    has_words and len(by_words) > len(by_marks) and not regexp_matches(by_words[1], getvariable('ends_street'))
        as is_perhaps_a_name
from divided;

-- 3. Readings with a number: the number's form, its digits, what stands glued to them, the street; most specific
-- form only.
create or replace temp table parse_heads as
with
heads as (
    select string_id, 0 as source, line as part, case when is_near then 'near' else '' end as crossing_fault
    from parse_lines
    where reason = '' and not is_separated

    union all

    select
        string_id,
        0 as source,
        by_words[1] as part,
        case when len(by_words) > 1 then 'cross_street' when is_near then 'near' else '' end as crossing_fault
    from parse_parts
    where len(by_words) between 1 and 4

    union all

    select
        string_id,
        1 as source,
        by_marks[1] as part,
        case when len(by_marks) > 1 then 'cross_street' when is_near then 'near' else '' end as crossing_fault
    from parse_parts
    where is_perhaps_a_name and len(by_marks) <= 4

    union all

    -- PLACE AT 1200 MAIN ST
    select
        string_id,
        9 as source,
        by_words[2] as part,
        case when regexp_matches(by_words[1], getvariable('ends_street')) then 'cross_street' else 'tail_dropped' end
            as crossing_fault
    from parse_parts
    where len(by_words) = 2 and regexp_matches(by_words[2], '^\d{3,6} .*[A-Z]{2}')
        and not regexp_matches(by_words[1], '^\d') and not regexp_matches(by_words[1], getvariable('ends_town'))
),

begun as (
    select
        string_id,
        source,
        part,
        crossing_fault,
        split_part(part, ' ', 1) as first_word,
        substr(part, length(first_word) + 2) as rest,
        regexp_matches(part, 'BL(?:OC|C?K)') as has_block
    from heads
)

-- common: the forms nearly every string has, read without a pattern that captures.
select
    string_id,
    source,
    part,
    crossing_fault,
    first_word,
    rest,
    has_block,
    case
        when rest = '' then ''
        when not regexp_full_match(first_word, '\d{1,6}')
            then case
                when not has_block and regexp_full_match(first_word, '\d{1,5}XX') and not starts_with(rest, 'OF ')
                    then 'masked'
                else ''
            end
        when not has_block then case when regexp_matches(rest, '^[-~½]|^TO \d') then '' else 'exact' end
        when starts_with(rest, 'BLOCK OF ') and not regexp_matches(rest, '^BLOCK OF (?:-|THE )') then 'block_of'
        when starts_with(rest, 'BLOCK ') and not regexp_matches(rest, '^BLOCK (?:-|THE |OF)') then 'block'
        when starts_with(rest, 'BLK ') and not regexp_matches(rest, '^BLK (?:-|THE |OF)') then 'blk'
        else ''
    end as common
from begun;

create or replace temp table parse_numbers as
with
rare as (
    select
        string_id,
        source,
        crossing_fault,
        string_split(
            case
                when has_block and regexp_matches(part, getvariable('block_behind'))
                    then regexp_replace(part, getvariable('block_behind'), 'block|\1|\2|\3 \4')
                when has_block and regexp_matches(part, getvariable('block_before'))
                    then regexp_replace(part, getvariable('block_before'), 'block|\1||\2')
                when has_block and regexp_matches(part, getvariable('block_last'))
                    then regexp_replace(part, getvariable('block_last'), 'block|\1||\2')
                when has_block and regexp_matches(part, getvariable('block_after'))
                    then regexp_replace(part, getvariable('block_after'), 'block|\2||\1')
                when has_block and regexp_matches(part, getvariable('unit_block'))
                    then regexp_replace(part, getvariable('unit_block'), 'block|0||\1')
                when regexp_matches(part, getvariable('masked_number'))
                    then regexp_replace(part, getvariable('masked_number'), 'masked|\1||\2')
                when not regexp_matches(part, '^\d') then ''
                when regexp_matches(part, getvariable('number_span'))
                    then regexp_replace(part, getvariable('number_span'), 'span|\1|\2\3|\4')
                when regexp_matches(part, getvariable('typed_number'))
                    then regexp_replace(part, getvariable('typed_number'), 'typed|\1||\2')
                when regexp_matches(part, getvariable('house_number'))
                    then regexp_replace(part, getvariable('house_number'), 'exact|\1|\2\3|\4')
                when regexp_matches(part, '^\d+(?:ST|ND|RD|TH)(?: |$)') then ''
                when regexp_matches(part, getvariable('glued_number'))
                    then regexp_replace(part, getvariable('glued_number'), 'exact|\1||\2')
                else ''
            end,
            '|'
        ) as fields
    from parse_heads
    where common = '' and (has_block or regexp_matches(part, '^[\dX*-]'))
),

formed as (
    select
        string_id,
        source,
        crossing_fault,
        case when common in ('exact', 'masked') then common else 'block' end as form,
        case when common = 'masked' then left(first_word, -2) else first_word end as number,
        '' as extra,
        case common
            when 'block_of' then substr(rest, 10)
            when 'block' then substr(rest, 7)
            when 'blk' then substr(rest, 5)
            else rest
        end as street
    from parse_heads
    where common <> ''

    union all

    select
        string_id,
        source,
        crossing_fault,
        fields[1] as form,
        fields[2] as number,
        fields[3] as extra,
        trim(fields[4]) as street
    from rare
),

-- 14 behind 1014 is 1016's way of writing: the last digits replace those of the first number.
counted as (
    select
        string_id,
        source,
        crossing_fault,
        form,
        case when form = 'span' then extra else ltrim(extra, '-') end as extra,
        street,
        length(number) as digits,
        coalesce(try_cast(case when form = 'typed' then translate(number, 'OIL', '011') else number end as integer), 0)
            as low,
        case when form = 'span' then ltrim(extra, '-~') end as last_digits,
        case
            when form <> 'span' then 0
            when try_cast(last_digits as integer) < low and length(last_digits) < digits
                then try_cast(left(number, digits - length(last_digits)) || last_digits as integer)
            else try_cast(last_digits as integer)
        end as high
    from formed
    where street <> ''
),

-- 1014-16 and 1014-1016 are one building. Queens' house numbers are none: 123-45, and 123-35 82ND RD.
spanned as (
    select
        *,
        form = 'span' and low < high and high <= low + getvariable('number_span_limit') and (high - low) % 2 = 0
        and (length(last_digits) >= digits or (digits >= 3 and low // 100 = high // 100))
        and not (
            digits <= 3 and length(last_digits) = 2 and regexp_matches(street, getvariable('numbered_name'))
        ) as is_building
    from counted
),

-- 1200-1299 is a block; 7003\2 is a unit.
meant as (
    select
        string_id,
        source,
        crossing_fault,
        digits,
        case
            when form in ('block', 'masked') then 'block'
            when form <> 'span' then 'exact'
            when low % 100 <= 1 and high % 100 >= 98 and high // 100 = low // 100 then 'block'
            when is_building then 'exact'
            when extra like '~%' then 'exact'
        end as kind,
        case
            when form = 'masked' then low * 100
            when form = 'block' and extra <> '' and low < 100 then low * 100
            when kind = 'block' then low // 100 * 100
            else low
        end as number,
        -- 1500W CLEARFIELD ST: the letter is a direction; any other letter is part of the house number.
        case when form = 'exact' and extra in ('N', 'S', 'E', 'W') then extra || ' ' || street else street end
            as street,
        case
            when kind = 'block' then ''
            when is_building then 'number_span'
            when form = 'span' then 'number_letter'
            when form = 'typed' then 'digit_for_letter'
            when extra in ('', 'N', 'S', 'E', 'W') then ''
            when extra = '½' then 'half_number'
            else 'number_letter'
        end as fault
    from spanned
)

select
    string_id,
    source,
    crossing_fault,
    digits,
    kind,
    number,
    street,
    case when crossing_fault <> '' then crossing_fault else fault end as fault
from meant
where kind is not null and regexp_matches(street, '[\pL\d]');

-- 4. Every reading but the first of a string with a number, with its place in the order of a string's readings.
create or replace temp table parse_readings as
with
numbered as (
    select string_id, source as place, kind, number, [street] as streets, fault
    from parse_numbers
    where source > 0

    union all

    -- 1200 A MAIN ST: a letter alone may belong to the number.
    select
        string_id,
        2 as place,
        kind,
        number,
        [regexp_replace(street, '^[A-Z] ', '')] as streets,
        'number_letter' as fault
    from parse_numbers
    where kind = 'exact' and regexp_matches(street, '^[A-DF-MP-RT-VX-Z] (?:[A-Z]+|\d+(?:ST|ND|RD|TH)) ')
        and not regexp_matches(street, getvariable('letter_street'))
),

corners as (
    -- A corner with a number 0 has none.
    select
        parse_parts.string_id,
        3 as place,
        'intersection' as kind,
        -1 as number,
        parse_parts.by_words as streets,
        '' as fault
    from parse_parts
    anti join parse_numbers
        on parse_numbers.string_id = parse_parts.string_id and parse_numbers.source = 0 and parse_numbers.number = 0
    where len(by_words) between 2 and 4

    union all

    -- RICHARD AND MARION WAY & MAIN ST
    select string_id, 4 as place, 'intersection' as kind, -1 as number, by_marks as streets, '' as fault
    from parse_parts
    where is_perhaps_a_name and len(by_marks) between 2 and 4

    union all

    -- 1200 MAIN ST / OAK AVE: the corner of the two streets, the number left out.
    select
        parse_numbers.string_id,
        5 as place,
        'intersection' as kind,
        -1 as number,
        list_prepend(parse_numbers.street, parse_parts.by_words[2:]) as streets,
        'number_dropped' as fault
    from parse_numbers
    inner join parse_parts using (string_id)
    where parse_numbers.source = 0 and (parse_numbers.digits >= 3 or parse_numbers.number = 0)
        and len(parse_parts.by_words) between 2 and 4

    union all

    -- OAK AVE @ 1200 MAIN ST: the same.
    select
        parse_numbers.string_id,
        8 as place,
        'intersection' as kind,
        -1 as number,
        [parse_numbers.street, parse_parts.by_words[1]] as streets,
        'number_dropped' as fault
    from parse_numbers
    inner join parse_parts using (string_id)
    where parse_numbers.source = 9 and parse_numbers.fault = 'cross_street'
),

singles as (
    select string_id, line as first_part, line as street, case when is_near then 'near' else '' end as fault
    from parse_lines
    where reason = '' and not is_separated

    union all

    select
        string_id,
        by_words[1] as first_part,
        case when is_perhaps_a_name then by_marks[1] else by_words[1] end as street,
        -- The second street is missing: the whole first street would be a guess.
        case when is_near then 'near' when len(by_words) = 1 then 'cross_street_missing' else '' end as fault
    from parse_parts
    where len(by_words) = 1 or (is_perhaps_a_name and len(by_marks) = 1)
),

-- Only small numbers are also names (12 MILE RD, 5 AVE): 1200 MAIN ST is no street called that.
wholes as (
    select singles.string_id, 6 as place, 'street' as kind, -1 as number, [singles.street] as streets, singles.fault
    from singles
    left join parse_numbers as numbers on numbers.string_id = singles.string_id and numbers.source = 0
    where numbers.string_id is null
        or case
            when numbers.kind <> 'exact' or numbers.number = 0 or numbers.digits > 3 then false
            when numbers.digits <= 2 then true
            else regexp_matches(singles.first_part, getvariable('number_and_type'))
        end
),

places as (
    select lines.string_id, 7 as place, 'place' as kind, -1 as number, [lines.line] as streets, '' as fault
    from parse_lines as lines
    anti join parse_numbers as numbers using (string_id)
    where lines.reason = '' and not lines.is_separated and not lines.is_near
),

direct as (
    from numbered
    union all
    from corners
    union all
    from wholes
    union all
    from places
),

named as (
    select
        string_id,
        place,
        kind,
        number,
        list_transform(streets, lambda street: as_name(street)) as streets,
        fault
    from direct
),

-- The readings whose streets may be written in another way.
doubtful as (
    select string_id, 0 as place, kind, number, [as_name(street)] as streets
    from parse_numbers
    where source = 0 and regexp_matches(as_name(street), getvariable('doubtful'))

    union all

    select string_id, place, kind, number, streets
    from named
    where kind <> 'place'
),

typed as (
    select
        string_id,
        place + case one when 'I' then 10 else 20 end as place,
        kind,
        number,
        list_transform(streets, lambda street: letters_for_digits(street, one)) as corrected,
        list_transform(streets, lambda street: letters_for_digits(street, 'I')) as first_corrected,
        'digit_for_letter' as fault,
        streets
    from doubtful
    cross join (values ('I'), ('L')) as typed_ones (one)
    where regexp_matches(array_to_string(streets, ' '), getvariable('typed_hint'))
        and corrected <> streets
        and (one = 'I' or corrected <> first_corrected)
),

glued as (
    select
        string_id,
        place + 30 as place,
        kind,
        number,
        list_transform(streets, lambda street: with_blanks_mended(street)) as corrected,
        'glued' as fault
    from doubtful
    where len(list_filter(streets, lambda street: regexp_matches(street, getvariable('glued')))) > 0
),

-- 100 HYDRAULIC CAMBRIDGE: the last word may be the street's or the town's.
shortened as (
    select
        string_id,
        place + 40 as place,
        kind,
        number,
        list_append(streets[:-2], regexp_replace(streets[-1], getvariable('one_locality'), '\1')) as corrected,
        'tail_dropped' as fault
    from doubtful
    where regexp_matches(streets[-1], getvariable('one_locality'))
)

from named
union all
select string_id, place, kind, number, corrected as streets, fault from typed
union all
select string_id, place, kind, number, corrected as streets, fault from glued
union all
select string_id, place, kind, number, corrected as streets, fault from shortened;

-- 5. The results.
create or replace temp table readings as
with
first_readings as (
    select string_id, 0 as reading, kind, number, 0 as slot, 1 as slots, as_name(street) as street, fault
    from parse_numbers
    where source = 0
),

others as (
    select
        parse_readings.string_id,
        row_number() over (
            partition by parse_readings.string_id
            order by parse_readings.place, parse_readings.number, parse_readings.streets
        ) - (case when first_readings.string_id is null then 1 else 0 end) as reading,
        parse_readings.kind,
        parse_readings.number,
        parse_readings.streets,
        parse_readings.fault
    from parse_readings
    left join first_readings using (string_id)
),

every_reading as (
    from first_readings

    union all

    select
        string_id,
        reading,
        kind,
        number,
        unnest(generate_series(0, len(streets) - 1)) as slot,
        len(streets) as slots,
        unnest(streets) as street,
        fault
    from others
)

select
    string_id,
    reading::smallint as reading,
    kind,
    number::integer as number,
    slot::smallint as slot,
    slots::smallint as slots,
    street,
    case
        when fault <> '' then fault
        when parse_misspelt.string_id is not null then 'locality_misspelt'
        when parse_lines.is_head_dropped then 'tail_dropped'
        else ''
    end as fault
from every_reading
inner join parse_lines using (string_id)
left join parse_misspelt using (string_id);

create or replace temp table unreadable as
select
    string_id,
    case when reason = '' then 'not_parsed' else reason end as reason
from parse_lines
anti join readings using (string_id);

drop table parse_readings;
drop table parse_numbers;
drop table parse_heads;
drop table parse_parts;
drop table parse_lines;
drop table parse_misspelt;
drop table parse_cleaned;
