-- Grain of meta.person_changes: one row per person joined or parted. It was never filled: it is made anew in its new shape.
drop table if exists records.meta.person_changes;
