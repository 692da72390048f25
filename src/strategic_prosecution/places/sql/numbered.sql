-- Grain: one row per string, reading with a number, and street it could be on.
-- A number with a cross street counts only where the cross street is a street of the layer: it may be a town.
create or replace temp table numbered as
with
crossed as (
    select r.string_id
    from readings as r
    join meanings as m on m.text = r.street
    where r.kind = 'intersection' and r.slot = 1
),
readings as (
    select string_id, reading, kind, number, street, fault
    from readings
    where kind in ('exact', 'block')
        and (fault <> 'cross_street' or string_id in (select string_id from crossed))
)
select
    r.string_id,
    r.reading,
    r.kind,
    r.number,
    m.street_id,
    m.is_misspelt,
    m.penalty + fault_size(r.fault) as penalty,
    concat_ws(';', nullif(r.fault, ''), nullif(m.faults, '')) as faults
from readings as r
join strings as s using (string_id)
join meanings as m on m.text = r.street
where s.day is null or (s.day >= coalesce(m.valid_from, s.day) and s.day < coalesce(m.valid_to, s.day + 1));
