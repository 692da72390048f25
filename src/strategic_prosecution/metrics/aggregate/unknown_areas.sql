-- grain: one row per fact; areas that are not of the public layer become unknown
update temp.metric_facts
set area_id = null
where area_id is not null
    and area_id not in (select area_id from core.areas where layer is not distinct from $layer)
