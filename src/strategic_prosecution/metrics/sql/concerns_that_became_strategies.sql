-- grain: one fact per contact with a concern, 365 days ago or more; numerator = 1 if a strategy took it up by then
with
raised as (
    select outreach_id, outreach_date, lower(trim(concern)) as concern, area_id
    from temp.outreach_facts
    where is_with_residents and trim(concern) <> '' and outreach_date + 365 <= $as_of
),
final as (
    select
        r.outreach_id as unit_id,
        r.outreach_date as event_date,
        (
            exists (
                select 1
                from core.strategies as s
                where lower(trim(s.concern)) = r.concern
                  and s.start_date between r.outreach_date and r.outreach_date + 365
                  and (s.area_id is null or r.area_id is null or s.area_id = r.area_id)
            )
        )::bigint as numerator,
        1 as denominator,
        r.area_id
    from raised as r
)
select * from final
