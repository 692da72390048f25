-- grain: one row per fact of one metric: the union of the columns a metric's query may give, filled by name
create or replace temp table metric_given (
    unit_id varchar,
    -- keys of the rows of the metric's first table that made the fact, where they are not unit_id itself
    records varchar[],
    event_date date,
    from_date date,
    until_date date,
    numerator bigint,
    denominator bigint,
    duration_days bigint,
    is_observed boolean,
    value double,
    weight double,
    area_id varchar,
    residence_area varchar,
    race_ethnicity varchar,
    sex varchar,
    offense_category varchar,
    severity varchar,
    defense_type varchar,
    income_quintile varchar
)
