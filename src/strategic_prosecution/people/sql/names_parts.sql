-- Grain: name_parts: one row per row of name_pairs.
-- The words of both fields, or why there are none. Of the table name_lines; the macros take a cleaned line or word.

-- Words that are nobody's name, whatever stands beside them.
create or replace temp macro is_placeholder(line) as regexp_matches(
    line,
    '^(?:(?:unk|unkn|unkno|unkown|uknown|unknwn|unknow|unknown|unidentified|unnamed|fnu|lnu|mnu|n a|noname'
    '|desconocid[oa]|inconnue?|sin nombre|anonymous|redacted|confidential|withheld|undisclosed|suppressed|nobody'
    '|someone|somebody|tbd'
    '|refused(?: to .*)?'
    '|(?:no|first|last|given|family|sur|full)[ -]?name(?: (?:given|known|unk|unknown|withheld|refused))?'
    '|no (?:first|last|given|family)(?: name)?|name (?:unk|unknown|withheld|refused|not .*)'
    '|(?:not|none) (?:given|known|available|provided|stated|applicable|recorded|entered|disclosed|listed|reported)'
    '|x[x -]*x|aaa+|bbb+|ccc+|ddd+|eee+|fff+|ggg+|hhh+|iiii+|jjj+|kkk+|lll+|mmm+|nnn+|ooo+|ppp+|qqq+|rrr+|sss+|ttt+'
    '|uuu+|vvv+|www+|yyy+|zzz+)'
    '(?:[ -](?:unk|unknown|male|female|man|woman|boy|girl|subject|suspect|victim|person|party|individual|driver'
    '|juvenile|adult|owner|name|a|b|c|d|i|ii|iii|x+))*)$'
);

-- Words that stand for nobody alone or beside another such word. Beside an ordinary given name they are family names.
create or replace temp macro is_doubtful(line) as regexp_matches(
    line,
    '^(?:null|none|nil|nan|na|test(?:er|ing)?|dummy|fake|doe|roe|minor|juvenile|male|female|baby|infant|newborn|adult'
    '|subject|suspect|victim|person|patient|case|record|user|defendant|sample|example|child|girl|boy)'
    '(?:[ -](?:null|none|nil|nan|na|test(?:ing)?|subject|suspect|victim|person|patient|case|record|user|defendant'
    '|male|female|child))*$'
);

create or replace temp macro is_no_given_name(line) as line in (
    'null', 'none', 'nil', 'nan', 'test', 'testing', 'male', 'female', 'infant', 'juvenile', 'adult', 'subject',
    'suspect', 'victim'
);

-- John Doe and what a birth is entered as, in either order of the fields.
create or replace temp macro is_nobody(line) as is_placeholder(line) or regexp_matches(
    line,
    '^(?:john|jane|jon|j|baby|male|female|boy|girl|infant|adult|unk|unknown)'
    '(?: (?:john|jane|male|female|boy|girl|adult))?(?: [a-z])? [dr]oe(?: (?:[a-z]|ii|iii|iv|one|two|three|jr|sr))?$'
    '|^(?:john|jane) q public$|^richard roe$'
);

create or replace temp macro is_newborn(line) as regexp_matches(
    line,
    '^(?:baby|bb|infant|newborn|nb|unnamed)[ -]?(?:baby|infant|boy|girl|male|female|child|unnamed|unknown|doe|twin)\b'
    '|^(?:boy|girl|male|female|twin)[ -](?:baby|infant|newborn)\b|^(?:newborn|unnamed)$'
);

create or replace temp macro without_title(line) as regexp_replace(
    line,
    '^(?:mrs?|ms|mx|miss|dr|prof|rev|det|detective|ofc|officer|sgt|lt|capt|cpt|atty|sra|srta) ', ''
);

create or replace temp macro with_abdul_joined(line) as regexp_replace(
    line, '\babd(?:[aeu][lr])?[ -](?:[aeu][lr][ -])?([a-z]{3,})', 'abdul\1', 'g'
);

-- jr, sr, ii, iii, iv, or null. Junior is a given name where it comes first; Vi and V are always names.
create or replace temp macro suffix_of(word, place) as case
    when word in ('jr', 'sr', 'ii', 'iii', 'iv') then word
    when place > 1 and word in ('junior', 'jnr') then 'jr'
    when place > 1 and word in ('senior', 'snr') then 'sr'
end;

create or replace temp macro has_suffix(line) as regexp_matches(
    line, '\b(?:jr|sr|ii|iii|iv|junior|jnr|senior|snr)\b'
);

create or replace temp macro is_particle(word) as word in (
    'de', 'del', 'dela', 'delas', 'delos', 'da', 'das', 'do', 'dos', 'della', 'dello', 'dei', 'degli', 'dal', 'la',
    'las', 'los', 'y', 'e', 'i', 'van', 'von', 'vom', 'der', 'den', 'dem', 'ten', 'ter', 'te', 'zu', 'zum', 'zur', 'af',
    'av', 'al', 'el', 'bin', 'ibn', 'bint', 'binti', 'ould'
);

-- Particles written as one word with the name: Delacruz, Vanderberg, Desantos, Almasri. Where the beginning may be the
-- name's own (Delgado, Alvarez, Devlin), only the names that usually have one.
create or replace temp macro without_glued_particle(word) as regexp_replace(
    word,
    '^(?:de(?:la|los|las|lla|llo)|van(?:de[rn])?|vonder)([bcdfghjklmnpqrstvwz][a-z]{3,})$'
    '|^d[ao]s?(silva|costa|cruz|rosa|rocha|cunha|mota|santos|reis|anjos|nascimento|oliveira)$'
    '|^de(jesus|leon|guzman|silva|souza|sousa|lima|oliveira|almeida|castro|santos|vries|graaf|groot|jong|boer|witt?)$'
    '|^del(rio|valle|toro|real|angel|bosque|pilar|rosario|castillo)$'
    '|^[ae]l(masri|sayed|said|hassan|hussein|husseini|rashid|ahmad|ahmed|khatib|najjar|haddad|amin|jaber|tamimi'
    '|qahtani|otaibi|ghamdi|harbi|zahrani|shammari|mutairi|dosari|shehri|maliki|obaidi|jubouri|bayati|saadi|sharif'
    '|shami|halabi|baghdadi|kurdi|turki|hashimi|khalil|saleh|salem)$',
    '\1\2\3\4\5'
);

create or replace temp table name_parts as
with
lines as (
    select
        pairs.given_name,
        pairs.family_name,
        coalesce(given.line, '') as given_line,
        coalesce(family.line, '') as family_line,
        given_line = '' and family_line = ''
            and regexp_matches(concat(pairs.given_name, pairs.family_name), '[^\p{Z}\p{C}]') as has_no_letters
    from name_pairs as pairs
    left join name_lines as given on pairs.given_name = given.text
    left join name_lines as family on pairs.family_name = family.text
),

-- LAST, FIRST MIDDLE in one field. With a given name beside it, what stands behind the comma repeats it or is a suffix.
commas as (
    select
        *,
        contains(given_line, ',') or contains(family_line, ',') as has_comma,
        case when family_line = '' then given_line else family_line end as line
    from lines
),

fields as (
    select
        given_name,
        family_name,
        has_no_letters,
        case
            when not has_comma then given_line
            when given_line = '' or family_line = '' then replace(regexp_extract(line, '^[^,]*,(.*)$', 1), ',', ' ')
            else replace(given_line, ',', ' ')
        end as given_text,
        case
            when not has_comma then family_line
            when given_line = '' or family_line = ''
                or starts_with(regexp_extract(line, ',(.*)$', 1) || ' ', regexp_extract(given_line, '^[^ ,]+') || ' ')
                then regexp_extract(line, '^[^,]*')
            else replace(family_line, ',', ' ')
        end as family_text
    from commas
),

judged as (
    select
        *,
        is_placeholder(given_text) as given_is_placeholder,
        is_placeholder(family_text) as family_is_placeholder,
        is_doubtful(given_text) as given_is_doubtful,
        is_doubtful(family_text) as family_is_doubtful
    from fields
),

named as (
    select
        given_name,
        family_name,
        has_no_letters,
        (given_text <> '' or family_text <> '') and (
            (
                (given_is_placeholder or given_is_doubtful or given_text = '')
                and (family_is_placeholder or family_is_doubtful or family_text = '')
            )
            or is_nobody(trim(given_text || ' ' || family_text))
            or is_nobody(trim(family_text || ' ' || given_text))
            or is_newborn(given_text)
            or is_newborn(family_text)
        ) as is_nobody,
        case
            when not is_nobody and given_text <> '' and not given_is_placeholder
                and not is_no_given_name(given_text) then given_text
        end as given,
        case when not is_nobody and family_text <> '' and not family_is_placeholder then family_text end as family
    from judged
),

-- What is one word of one name: La Toya, Abd al-Rahman, Mc Donald, O Brien, St. John.
joined as (
    select
        * exclude (given, family),
        case
            when regexp_matches(given, '[ -]')
                then regexp_replace(
                    with_abdul_joined(without_title(given)), '^(de|da|d|la|le)[ -]([a-z]{3,})', '\1\2'
                )
            else given
        end as given,
        case
            when regexp_matches(family, '[ -]')
                then regexp_replace(
                    regexp_replace(
                        regexp_replace(with_abdul_joined(without_title(family)), '\bsaint[ -]', 'st ', 'g'),
                        '\bde[ -](la|las|los)\b', 'de\1', 'g'
                    ),
                    '\b(o|mc|mac|fitz|st|ste|d|l|le|la|du|di|abu|ben)[ -]([a-z]{2,})', '\1\2', 'g'
                )
            else family
        end as family
    from named
),

-- Father and son may have one name: the suffix is no part of it. A given name may be nothing but Jr, a family name not.
-- Only the few names with such a word are taken apart.
unsuffixed as (
    select
        * exclude (given, family),
        string_split(given, ' ') as given_all,
        string_split(replace(family, '-', ' '), ' ') as family_all,
        case
            when has_suffix(given) then list_filter(given_all, lambda word, nth: suffix_of(word, nth) is null)
            else given_all
        end as given_rest,
        case
            when has_suffix(family) then list_filter(family_all, lambda word, nth: suffix_of(word, nth) is null)
            else family_all
        end as family_rest,
        case when given_rest = [] then given_all else given_rest end as given_words,
        coalesce(
            case
                when has_suffix(family)
                    then list_min(list_transform(family_all, lambda word, nth: suffix_of(word, nth)))
            end,
            case
                when has_suffix(given) and given_rest <> []
                    then list_min(list_transform(given_all, lambda word, nth: suffix_of(word, nth)))
            end
        ) as suffix
    from joined
),

-- Without particles, unless nothing but they and single letters would be left (De La O, Do, Van).
bare as (
    select
        given_name,
        family_name,
        has_no_letters,
        is_nobody,
        suffix,
        case
            when len(given_words) < 3 then given_words
            else list_filter(
                given_words,
                lambda word, nth: nth = 1 or nth = len(given_words) or length(word) = 1 or not is_particle(word)
            )
        end as given_words,
        case
            when len(family_rest) < 2 then family_rest
            when len(list_filter(family_rest, lambda word: length(word) > 1 and not is_particle(word))) > 0
                then list_filter(family_rest, lambda word: not is_particle(word))
            else family_rest
        end as family_bare,
        case
            when len(family_rest) = 1 then [without_glued_particle(family_rest[1])]
            else list_transform(family_bare, lambda word: without_glued_particle(word))
        end as family_words
    from unsuffixed
)

select
    given_name,
    family_name,
    has_no_letters,
    is_nobody,
    replace(given_words[1], '-', '') as given,
    case when len(given_words) > 1 then replace(array_to_string(given_words[2:], ' '), '-', '') end as middle,
    nullif(array_to_string(family_words, ''), '') as family,
    case
        when len(family_words) = 1 and length(family_words[1]) > 1 then family_words
        else nullif(list_filter(family_words, lambda word: length(word) > 1 or not word between 'a' and 'z'), [])
    end as families,
    suffix,
    nullif(
        list_sort(
            list_distinct(
                list_concat(string_split(replace(array_to_string(given_words, ' '), '-', ' '), ' '), family_words)
            )
        ),
        []
    ) as words
from bare;
