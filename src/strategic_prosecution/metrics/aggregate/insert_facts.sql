-- grain: one row per fact; the query of the metric follows
insert into temp.metric_given by name
