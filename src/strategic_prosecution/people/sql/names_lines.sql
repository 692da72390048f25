-- Grain: name_lines: one row per distinct text of the table name_pairs, from either column.
-- line: the text in small letters a-z (of another script, its own letters), words apart by one blank or hyphen, at most
-- one comma between two parts; empty when no letter is left. RE2 knows no look-around and its \b only ASCII.
create or replace temp table name_lines as
with
texts as (
    select given_name as text from name_pairs where given_name is not null
    union
    select family_name from name_pairs where family_name is not null
),

-- Nearly every text is plain and passes the steps below untouched.
marked as (
    select
        text,
        regexp_matches(text, '^[A-Za-z]+(?:[ -][A-Za-z]+)*$') as is_plain,
        case
            when is_plain then lower(text)
            else lower(nfc_normalize(
                regexp_replace(
                    translate(
                        text,
                        'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ，．－＇ªº',
                        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz,.-''ao'
                    ),
                    '[\x{AD}\x{34F}\x{61C}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FEFF}]', '', 'g'
                )
            ))
        end as line
    from texts
),

-- Marks of many kinds are one; Cyrillic and Greek in Latin letters, as passports have them.
in_latin as (
    select
        text,
        is_plain,
        case
            when is_plain then line
            else
                case when regexp_matches(marks, '[\p{Cyrillic}\p{Greek}]') then translate(
                    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
                    replace(replace(replace(replace(replace(replace(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    -- Bulgarian Кънчев; before a vowel the sign is mute.
                                    regexp_replace(marks, 'ъ([бвгджзйклмнпрстфхцчшщ])', 'a\1', 'g'),
                                    '(^|[ ,-])μπ', '\1b', 'g'
                                ),
                                '(^|[ ,-])ντ', '\1d', 'g'
                            ),
                            '([αε])[υύ]', '\1v', 'g'
                        ),
                    'ж', 'zh'), 'х', 'kh'), 'ц', 'ts'), 'ч', 'ch'), 'ш', 'sh'), 'щ', 'shch'), 'ю', 'yu'), 'я', 'ya'),
                    'є', 'ye'), 'ї', 'yi'), 'љ', 'lj'), 'њ', 'nj'), 'џ', 'dz'), 'θ', 'th'), 'χ', 'ch'), 'ψ', 'ps'),
                    'γγ', 'ng'), 'ου', 'ou'),
                    'абвгдеёзийклмнопрстуфыэіґўјђћѕѓќαάβγδεέζηήιίϊΐκλμνξοόπρσςτυύϋΰφωώъь',
                    'abvgdeeziyklmnoprstufyeigujdcsgkaavgdeeziiiiiiklmnxooprsstyyyyfoo'
                ) else marks end
        end as line
    from (
        select
            text,
            is_plain,
            line,
            case
                when is_plain then line
                else trim(regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(line, '[`´\x{2018}\x{2019}\x{201B}\x{2032}\x{2BB}-\x{2BD}]', '''', 'g'),
                            '[«»\x{201A}\x{201C}-\x{201F}\x{2033}]', '"', 'g'
                        ),
                        '[\x{2010}-\x{2015}\x{2212}]', '-', 'g'
                    ),
                    '[\p{Z}\p{C}\s_]+', ' ', 'g'
                ))
            end as marks
        from marked
    )
),

-- What stands behind "aka", in parentheses or in quotation marks is another name of theirs.
without_aliases as (
    select
        text,
        is_plain,
        case
            when is_plain then regexp_replace(line, '^(.+?) (?:aka|alias|fka|nka)(?: .*)?$', '\1')
            else regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(line, '^["''(\[ ]+([^"''()\[\]]*)["'')\] ]+$', '\1'),
                            '\([^)]*\)?|\[[^\]]*\]?|"[^"]*"?', ' ', 'g'
                        ),
                        '(^| )''[^'']+''( |$)', ' ', 'g'
                    ),
                    '^(.*?[^ ,].*?)[ ,]+(?:a\.?k\.?a\b|a/k/a|alias\b|f\.?k\.?a\b|f/k/a|nka\b|née\b|also known as).*$',
                    '\1'
                ),
                '^(.*?[^ ,].*?)[ ,;]+(?:ph\. ?d|m\. ?d|esq)\b\.?', '\1'
            )
        end as line
    from in_latin
),

in_letters as (
    select
        text,
        is_plain,
        case
            when is_plain then line
            when not regexp_matches(line, '\p{Latin}') then regexp_replace(line, '[^\p{L}\p{M}, -]', ' ', 'g')
            else regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    replace(replace(replace(replace(
                                        translate(strip_accents(line), 'øđðłıſħŋəɓɗƙƴɛɔŧɣ', 'oddlishnabdkyeotg'),
                                        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
                                    '\b2 ?nd\b', 'ii', 'g'
                                ),
                                '\b3 ?rd\b', 'iii', 'g'
                            ),
                            '\b4 ?th\b', 'iv', 'g'
                        ),
                        '\b\d+ ?(?:st|nd|rd|th)\b', ' ', 'g'
                    ),
                    '[''\p{M}]|\p{N}+', '', 'g'
                ),
                '[^a-z, -]+', ' ', 'g'
            )
        end as line
    from without_aliases
)

select
    text,
    case
        when is_plain then line
        else trim(regexp_replace(
            regexp_replace(regexp_replace(line, ' *-[ -]*', '-', 'g'), '[ -]*,[ ,-]*', ',', 'g'), ' +', ' ', 'g'
        ), ' ,-')
    end as line
from in_letters;
