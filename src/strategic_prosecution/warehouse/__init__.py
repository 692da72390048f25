"""The only package that opens DuckDB: one way to open it, the run lock, replacing, hashing and publishing tables."""

from strategic_prosecution.warehouse.errors import WarehouseError, WarehouseLockedError, WrongKeyError
from strategic_prosecution.warehouse.files import allowed, group_id, is_encrypted, write_whole
from strategic_prosecution.warehouse.foundation import SCHEMA_VERSION
from strategic_prosecution.warehouse.lock import Run, current_run, go_on, lock_holder, run
from strategic_prosecution.warehouse.opening import (
    finishing,
    is_finishing,
    is_past,
    open_core,
    open_memory,
    open_published,
    open_records,
    open_trial,
    set_state,
    state,
)
from strategic_prosecution.warehouse.publication import publish, withdraw
from strategic_prosecution.warehouse.rewriting import Key, answers, need_space, rewrite, rewrite_published
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
    "SCHEMA_VERSION",
    "Connection",
    "Key",
    "Run",
    "WarehouseError",
    "WarehouseLockedError",
    "WrongKeyError",
    "allowed",
    "answers",
    "create_table",
    "current_run",
    "finishing",
    "go_on",
    "group_id",
    "identifier",
    "is_encrypted",
    "is_finishing",
    "is_past",
    "key_columns",
    "lock_holder",
    "need_space",
    "open_core",
    "open_memory",
    "open_published",
    "open_records",
    "open_trial",
    "publish",
    "quoted",
    "replace",
    "replace_as_of",
    "rewrite",
    "rewrite_published",
    "run",
    "set_state",
    "state",
    "table_hash",
    "transaction",
    "withdraw",
    "write_whole",
]
