-- grain: one fact per referral approved or rejected; numerator = 1 if approved
with
screened as (
    select
        referral_id,
        coalesce(screen_date, received_date) as decided_date,
        screen_result,
        race_ethnicity,
        offense_category
    from core.referrals
    where screen_result in ('approved', 'rejected')
),
final as (
    select
        referral_id as unit_id,
        decided_date as event_date,
        case when screen_result = 'approved' then 1 else 0 end as numerator,
        1 as denominator,
        race_ethnicity,
        offense_category
    from screened
)
select * from final
