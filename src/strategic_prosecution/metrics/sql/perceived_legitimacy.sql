-- grain: one fact per answer to the survey question about trust in the office
select
    answer_id as unit_id,
    survey_date as event_date,
    answer as value,
    coalesce(weight, 1) as weight,
    area_id
from core.surveys
where question = $legitimacy_question and answer is not null
