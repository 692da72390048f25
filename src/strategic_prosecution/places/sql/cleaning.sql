-- Grain: macros only; each takes one text and gives one text.
-- Inputs: the variables `ordinal_tails` (words that stand glued behind an ordinal) set by parse.py.
-- RE2 knows no look-around, so what a pattern only looks at is captured and put back.

-- True for text that cleaning only puts in upper case, nearly every string: asked first because it is cheap.
create or replace temp macro is_clean(line) as
    regexp_matches(line, '^[A-Za-z0-9#&/@,*-]+(?: [A-Za-z0-9#&/@,*-]+)*$')
    and not regexp_matches(
        line,
        '(?i:[A-Z]\d+(?:ST|ND|RD|TH)\b|\d(?:ST|ND|RD|TH)[A-Z]|\d (?:ND|TH)\b)'
        || '|[a-z](?:St|Ave|Rd|Blvd|Dr|Ln|Ct|Pl|Ter|Street|Avenue|Road|Drive|Lane|Court|Place)\b'
        || '|(?:^|[^A-Za-z])(?:NE|NW|SE|SW|[NSEW])[A-Z][a-z]'
    );

-- Without accents, typographic marks and anything that prints nothing.
create or replace temp macro in_plain_letters(line) as
    strip_accents(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    replace(replace(replace(line, '½', ' 1/2'), '¼', ' 1/4'), '¾', ' 3/4'),
                    '[\x{2010}-\x{2015}\x{2212}]', '-', 'g'
                ),
                '[''"`\x{B4}\x{2018}-\x{201F}\x{2032}\x{2BC}\x{AD}\x{200B}-\x{200D}\x{FEFF}]', '', 'g'
            ),
            '[\p{Z}\p{C}\s|~]+', ' ', 'g'
        )
    );

-- N18th, WOntario, BroadSt: only small letters show where one word ends; in capitals it would be a guess.
create or replace temp macro with_words_apart(line) as
    regexp_replace(
        regexp_replace(line, '(^|[^A-Za-z])(NE|NW|SE|SW|[NSEW])([A-Z][a-z])', '\1\2 \3', 'g'),
        '([a-z])(St|Ave|Rd|Blvd|Dr|Ln|Ct|Pl|Ter|Street|Avenue|Road|Drive|Lane|Court|Place)\b', '\1 \2', 'g'
    );

-- Upper case; no bracketed remarks; M.L.K. is one word and every other full stop a blank.
create or replace temp macro without_marks(line) as
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(replace(upper(line), '&AMP;', '&'), '\([^()]*\)|[()]', ' ', 'g'),
                '\b([A-Z])\.([A-Z])\.([A-Z])\b', '\1\2\3', 'g'
            ),
            '\b([A-Z])\.([A-Z])\b', '\1\2', 'g'
        ),
        '[.]', ' ', 'g'
    );

-- N5TH is N 5TH, 15THST is 15TH ST and 2NDFL is 2ND FL, in capitals too: digits show where the word ends. 42 ND is
-- 42ND; 42 ST stays, it may be a street.
create or replace temp macro with_ordinals_apart(line) as
    regexp_replace(
        regexp_replace(
            regexp_replace(line, '(\d) (ND|TH)\b', '\1\2', 'g'),
            '\b(NE|NW|SE|SW|[NSEW])(\d+(?:ST|ND|RD|TH)\b)', '\1 \2', 'g'
        ),
        getvariable('ordinal_tails'), '\1 \2', 'g'
    );

create or replace temp macro clean_line(line) as
    case
        when is_clean(line) then upper(line)
        else trim(regexp_replace(
            with_ordinals_apart(without_marks(with_words_apart(in_plain_letters(line)))), ' +', ' ', 'g'
        ))
    end;

-- A cleaned line as the name of a street or place: marks that carry no meaning in a name are blanks.
create or replace temp macro as_name(line) as
    case
        when not regexp_matches(line, '[-,;:_*!?=<>{}\[\]%$^½]|^ |  | $') then line
        else trim(regexp_replace(replace(line, '½', '1/2'), '[-,;:_*!?=<>{}\[\]%$^ ]+', ' ', 'g'))
    end;

-- W00DF0RD as WOODFORD and 1OTH as 10TH; a 1 is read as the letter `one` (I or L).
create or replace temp macro letters_for_digits(street, one) as
    array_to_string(
        list_transform(
            string_split(street, ' '),
            lambda word: case
                when regexp_matches(word, '^[A-Z]+[01][A-Z01]*$|^0[A-Z]{2,}$') and regexp_matches(word, '[A-Z].*[A-Z]')
                    then translate(word, '01', 'O' || one)
                when regexp_matches(word, '^[0-9OIL]*[0-9][0-9OIL]*(?:ST|ND|RD|TH)$')
                    then translate(left(word, length(word) - 2), 'OIL', '011') || right(word, 2)
                else word
            end
        ),
        ' '
    );

-- NVODGES ST as N VODGES ST, 4TH S TNE as 4TH ST NE, MAINS T as MAIN ST, MAIN STN as MAIN ST N.
create or replace temp macro with_blanks_mended(street) as
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(street, getvariable('glued_direction'), '\1\3\5 \2\4\6'),
                getvariable('slipped_blank'), ' ST \1'
            ),
            getvariable('slipped_letter'), '\1 \2\3\4\5\6\7\8'
        ),
        getvariable('glued_suffix'), ' \1\3 \2\4'
    );

-- N for NORTH; nothing for a word that is no direction.
create or replace temp macro direction(word) as
    case word
        when 'N' then 'N' when 'NO' then 'N' when 'NORTH' then 'N'
        when 'S' then 'S' when 'SO' then 'S' when 'SOUTH' then 'S'
        when 'E' then 'E' when 'EAST' then 'E' when 'W' then 'W' when 'WEST' then 'W'
        when 'NE' then 'NE' when 'NORTHEAST' then 'NE' when 'NW' then 'NW' when 'NORTHWEST' then 'NW'
        when 'SE' then 'SE' when 'SOUTHEAST' then 'SE' when 'SW' then 'SW' when 'SOUTHWEST' then 'SW'
        else ''
    end;

-- The first word of a name of several, as its key has it.
create or replace temp macro begun_word(word) as
    case
        when direction(word) <> '' then direction(word) || '_'
        when word = 'SAINT' then 'ST'
        when word = 'MOUNT' then 'MT'
        when word = 'FORT' then 'FT'
        else word
    end;

-- 1 -> 1ST, 012 -> 12TH, 122 -> 122ND; of digits as text, because a number can be longer than an integer.
create or replace temp macro ordinal(digits) as
    case when ltrim(digits, '0') = '' then '0' else ltrim(digits, '0') end
    || case
        when regexp_matches(digits, '1[123]$') then 'TH'
        when regexp_matches(digits, '1$') then 'ST'
        when regexp_matches(digits, '2$') then 'ND'
        when regexp_matches(digits, '3$') then 'RD'
        else 'TH'
    end;

-- TWENTY FIRST as the one word the table of ordinals has.
create or replace temp macro joined_ordinals(name) as
    regexp_replace(
        name,
        '\b(TWENTY|THIRTY|FORTY|FIFTY|SIXTY|SEVENTY|EIGHTY|NINETY) '
        '(FIRST|SECOND|THIRD|FOURTH|FIFTH|SIXTH|SEVENTH|EIGHTH|NINTH)\b',
        '\1\2', 'g'
    );

-- Numbered routes as Publication 28, appendix F, has them, in one form: US HIGHWAY 29 = US 29, STATE RTE 9 = SR 9.
create or replace temp macro one_route(name) as
    case
        when not regexp_matches(name, ' \d+[A-Z]?$|^I\d+$') then name
        when regexp_matches(name, '^(?:US|U S) (?:HIGHWAY|HWY|ROUTE|RTE|RT) \S+$')
            then regexp_replace(name, '^.* ', 'US ')
        when regexp_matches(name, '^(?:(?:STATE|ST) (?:HIGHWAY|HWY|ROUTE|RTE|RT|ROAD|RD)|SR|SH) \S+$')
            then regexp_replace(name, '^.* ', 'SR ')
        when regexp_matches(name, '^(?:(?:COUNTY|CNTY|CO) (?:HIGHWAY|HWY|ROUTE|RTE|RT|ROAD|RD)|CR) \S+$')
            then regexp_replace(name, '^.* ', 'CR ')
        when regexp_matches(name, '^(?:INTERSTATE(?: (?:HIGHWAY|HWY))?|IH|I) ?\d+$')
            then regexp_replace(name, '^\D+', 'I ')
        when regexp_matches(name, '^(?:ROUTE|RTE|RT) \S+$') then regexp_replace(name, '^.* ', 'RTE ')
        else name
    end;
