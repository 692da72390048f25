insert into temp.metric_facts by name
