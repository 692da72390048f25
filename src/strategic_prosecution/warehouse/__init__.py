"""The only package that opens DuckDB: one way to open it, the run lock, replacing, hashing and publishing tables."""

from strategic_prosecution.warehouse.errors import WarehouseError, WarehouseLockedError
from strategic_prosecution.warehouse.foundation import SCHEMA_VERSION
from strategic_prosecution.warehouse.lock import Run, current_run, lock_holder, run
from strategic_prosecution.warehouse.opening import (
    is_past,
    open_core,
    open_published,
    open_records,
    open_trial,
    set_state,
    state,
)
from strategic_prosecution.warehouse.publication import KEPT_RUNS, publish
from strategic_prosecution.warehouse.rewriting import Key, need_space, rewrite
from strategic_prosecution.warehouse.tables import (
    Connection,
    create_table,
    identifier,
    key_columns,
    quoted,
    replace,
    replace_as_of,
    table_hash,
    transaction,
)

__all__ = [
    "KEPT_RUNS",
    "SCHEMA_VERSION",
    "Connection",
    "Key",
    "Run",
    "WarehouseError",
    "WarehouseLockedError",
    "create_table",
    "current_run",
    "identifier",
    "is_past",
    "key_columns",
    "lock_holder",
    "need_space",
    "open_core",
    "open_published",
    "open_records",
    "open_trial",
    "publish",
    "quoted",
    "replace",
    "replace_as_of",
    "rewrite",
    "run",
    "set_state",
    "state",
    "table_hash",
    "transaction",
]
