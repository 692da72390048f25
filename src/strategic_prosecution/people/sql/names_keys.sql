-- Grain: name_keys: one row per distinct given or family name of name_parts.
-- key: the sound in rough letters, equal for the usual romanisations of one name. A capital is one sound that two
-- letters write (C ch, S sh, Z zh). Names of one syllable keep their vowels: Vo and Vu, Chan and Chen are two each.
create or replace temp table name_keys as
with
names as (
    select given as name from name_parts where given is not null
    union
    select family from name_parts where family is not null
),

latin as (
    select name, regexp_matches(name, '^[^aeiouy]*y?[aeiouy]+[^aeiouy]*e?$') as is_short
    from names
    where regexp_full_match(name, '[a-z]+')
),

endings as (
    select
        name,
        is_short,
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(name, '^mac([bdfgjlnpqrstvw][a-z]{2})', 'mc\1'), '(?:tt|dt|td)$', 't'
                        ),
                        '([aeiouy].*[oe])ff$', '\1v'
                    ),
                    '(?:wit[sz]?ch|vit[sz]?ch|vic|wicz|vicz|vych)$', 'vich'
                ),
                'ph$', 'f'
            ),
            -- Danielle is nearer to Daniela than to Daniel.
            '(ll|nn|tt)e$', '\1a'
        ) as letters
    from latin
),

-- One letter for one consonant.
consonants as (
    select
        name,
        is_short,
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            translate(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            replace(replace(replace(replace(replace(replace(replace(replace(
                                letters,
                                'tsch', 'C'), 'tch', 'C'), 'sch', 'S'), 'cz', 'C'), 'chr', 'kr'), 'ch', 'C'),
                                'sh', 'S'), 'zh', 'Z'),
                            'c+([eiy])', 's\1', 'g'
                        ),
                        'c*qu?([eiy])', 'k\1', 'g'
                    ),
                    '(.)x', '\1ks', 'g'
                ),
                'cq', 'kk'
            ),
            'bb', 'b'), 'dd', 'd'), 'ff', 'f'), 'gg', 'g'), 'kk', 'k'), 'll', 'l'), 'mm', 'm'), 'nn', 'n'), 'pp', 'p'),
            'rr', 'r'), 'ss', 's'), 'tt', 't'), 'vv', 'v'), 'zz', 'z') as letters
    from endings
),

-- What differs between romanisations of longer names.
sounds as (
    select
        name,
        is_short,
        case
            when is_short
                then regexp_replace(regexp_replace(letters, '[ae][iy]er$', 'eier'), '(?:(l)t)?z$', '\1s')
            else regexp_replace(
                regexp_replace(
                    regexp_replace(
                        replace(
                            regexp_replace(
                                regexp_replace(
                                    replace(replace(
                                        regexp_replace(
                                            regexp_replace(
                                                regexp_replace(
                                                    regexp_replace(letters, '^ste(?:ph|f|v)[ae]n', 'steven'),
                                                    '^abd[aeou]l?(r)|^abd[aeo](l)', 'abdu\1\2'
                                                ),
                                                '^j([aou].{3})|^y(e.{3})|^i([aou])', 'y\1\2\3'
                                            ),
                                            '^ye', 'e'
                                        ),
                                        'kh', 'h'), 'ph', 'f'),
                                    '([bdgrtw])h', '\1', 'g'
                                ),
                                'a[uw]([^aeiouy])', 'av\1', 'g'
                            ),
                            'w', 'v'
                        ),
                        '([ln])tz', '\1z', 'g'
                    ),
                    '(.)z', '\1s', 'g'
                ),
                '([dt])r$', '\1er'
            )
        end as letters
    from consonants
),

vowels as (
    select
        name,
        is_short,
        case
            when is_short then letters
            else regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    replace(regexp_replace(letters, '([b-df-hj-np-tvz])yo', '\1e'), 'ee', 'i'),
                                    '([aeo])j([^aeiouy]|$)', '\1i\2', 'g'
                                ),
                                '[ae][iy]([^aeiouy])', 'e\1', 'g'
                            ),
                            '([uo])e([^aeiouy])', '\1\2', 'g'
                        ),
                        '([aeiouy])h$', '\1'
                    ),
                    '([^aeiouy])e$', '\1'
                ),
                '^o', 'u'
            )
        end as letters
    from sounds
)

select
    name,
    case
        when is_short then letters
        else left(letters, 1) || replace(replace(replace(
            translate(substr(letters, 2), 'eyo', 'aiu'), 'aa', 'a'), 'ii', 'i'), 'uu', 'u')
    end as key
from vowels
union all
select name, name from names where not regexp_full_match(name, '[a-z]+');
