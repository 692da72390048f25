-- Grain of meta.loads: one row per file landed; it counts the rows that orders removed.
alter table records.meta.loads add column expunged bigint;
update records.meta.loads set expunged = 0;
