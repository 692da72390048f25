-- Grain: one row per record. content: the first record that says the same (name, birth date, sex, address); first_row:
-- the first that says the same under the same identifiers; name_and_birth: the first with the same name and birth date.
-- too_many: so many records without an identifier say the same that it is no person's.
create or replace temp table alike as
select row, writing is not null and (birth is not null or address is not null) as says_enough,
    min(row) over (partition by writing, birth, sex, address) as content,
    min(row) over (partition by writing, birth, sex, address, identity, number, lone) as first_row,
    identity is null and writing is not null
        and count(*) over (partition by writing, birth, sex, address, identity, number, lone) > $most as too_many,
    min(row) over (partition by writing, birth) as name_and_birth
from said;
