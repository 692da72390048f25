-- grain: one row per fact of one metric: the union of the columns a metric's query may give, filled by name
create or replace temp table metric_facts (
    unit_id varchar,
    event_date date,
    from_date date,
    until_date date,
    numerator bigint,
    denominator bigint,
    duration_days bigint,
    is_observed boolean,
    area_id varchar,
    residence_area varchar,
    race_ethnicity varchar,
    offense_category varchar
)
