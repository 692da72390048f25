-- Grain: one row per number asked for on a street and place it is found at; numbers found nowhere have none.
-- The first of these that answers is the answer: the house's own point, a point between its neighbours of the same
-- parity, the range that holds it, the range on the other side; for a hundred that no house bears, its block. A block
-- that the layer lacks lies between its neighbours, at most two hundreds off each way and 200 m a hundred apart.
create or replace temp table found as
with
asked as (
    select distinct kind, street_id, number from numbered
),
houses as (
    select street_id, number, number % 2 as parity from asked where kind = 'exact' and number > 0
),
at_point as (
    select 1 as tier, street_id, number, 'point' as match_type, '' as fault, p.row as place, -1 as other,
        0.0 as share, true as own_side
    from houses
    join layer_points as p using (street_id, number)
),
neighbours as (
    select h.street_id, h.number, low.row as below, low.number as low, high.row as above, high.number as high
    from houses as h
    asof join layer_house_numbers as low
        on low.street_id = h.street_id and low.parity = h.parity and low.number < h.number
    asof join layer_house_numbers as high
        on high.street_id = h.street_id and high.parity = h.parity and high.number > h.number
),
between_points as (
    select 2 as tier, n.street_id, n.number, 'point_interpolated' as match_type, '' as fault, below as place,
        above as other, (n.number - low) / (high - low) as share, true as own_side
    from neighbours as n
    join layer_points as a on a.row = below
    join layer_points as b on b.row = above
    where high - low <= 200 and (a.x - b.x) ** 2 + (a.y - b.y) ** 2 <= 400.0 ** 2
),
in_range as (
    select
        if(s.parity = 2 or s.parity = h.parity, 3, 4) as tier,
        street_id,
        h.number,
        'range' as match_type,
        if(s.parity = 2 or s.parity = h.parity, '', 'side') as fault,
        b.side as place,
        -1 as other,
        0.0 as share,
        s.parity = 2 or s.parity = h.parity as own_side
    from houses as h
    join layer_buckets as b using (street_id)
    join layer_sides as s on s.row = b.side
    where b.hundred = h.number // 100 * 100 and h.number between s.low and s.high
),
blocks as (
    select street_id, number, '' as fault from asked where kind = 'block'
    union all
    select street_id, number, 'hundred_block' as fault from houses where number % 100 = 0
),
on_block as (
    select 5 as tier, street_id, b.number, 'block' as match_type, b.fault, l.row as place, l.row as other,
        0.0 as share, true as own_side
    from blocks as b
    join layer_blocks as l using (street_id)
    where l.hundred = b.number
),
missing as (
    select * from blocks anti join layer_blocks on layer_blocks.street_id = blocks.street_id and hundred = number
    where fault = ''
),
between_blocks as (
    select 6 as tier, m.street_id, m.number, 'block' as match_type, 'block_between' as fault, low.row as place,
        high.row as other, (m.number - low.hundred) / (high.hundred - low.hundred) as share, true as own_side
    from missing as m
    asof join layer_single_blocks as low on low.street_id = m.street_id and low.hundred < m.number
    asof join layer_single_blocks as high on high.street_id = m.street_id and high.hundred > m.number
    where high.hundred - low.hundred <= 400
        and (low.x - high.x) ** 2 + (low.y - high.y) ** 2 <= (2.0 * (high.hundred - low.hundred)) ** 2
),
every as (
    select 'exact' as kind, * from at_point
    union all
    select 'exact' as kind, * from between_points
    union all
    select 'exact' as kind, * from in_range
    union all
    select if(fault = '', 'block', 'exact') as kind, * from on_block
    union all
    select 'block' as kind, * from between_blocks
)
select kind, street_id, number, match_type, fault, place, other, share, own_side
from every
qualify tier = min(tier) over (partition by kind, street_id, number);
