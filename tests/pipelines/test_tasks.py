"""What a task passes on of a failure, and which failure it tries again. No server."""

import traceback
from pathlib import Path

import pytest
from prefect.states import Failed

from pipelines import tasks
from strategic_prosecution import stages, warehouse
from strategic_prosecution.settings import SettingsError


def failure_of(error: Exception) -> tasks.StageFailed:
    def call() -> None:
        try:
            raise KeyError("row value")
        except KeyError as cause:
            raise error from cause

    with pytest.raises(tasks.StageFailed) as raised:
        tasks.attempt("link", call)
    return raised.value


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("office.toml: no key [crz]"),
        warehouse.WarehouseError("records.duckdb is newer"),
        stages.NoExtractsError("no extract has landed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_message_of_our_own_is_passed_on(error: Exception) -> None:
    assert str(failure_of(error)) == f"stage [link]: {type(error).__name__}: {error}"


@pytest.mark.parametrize("kind", [ValueError, KeyError, RuntimeError, OSError])
def test_any_other_message_is_not_for_it_may_quote_a_row(kind: type[Exception]) -> None:
    failure = failure_of(kind("could not convert [row value]"))
    assert str(failure).startswith(f"stage [link]: {kind.__name__}; ")
    assert "stratpro run --debug" in str(failure)
    assert "row value" not in "".join(traceback.format_exception(failure)).replace('KeyError("row value")', "")


def test_the_original_is_gone_with_all_it_was_raised_from() -> None:
    failure = failure_of(ValueError("row value"))
    assert (failure.__cause__, failure.__context__) == (None, None)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (warehouse.WarehouseLockedError("records.duckdb is open in another program"), True),
        (warehouse.WarehouseError("records.duckdb is newer"), False),
        (ValueError("not a number"), False),
    ],
    ids=["lock", "another warehouse error", "bad data"],
)
def test_only_a_lock_is_tried_again(error: Exception, again: bool) -> None:
    assert tasks.is_busy(None, None, Failed(data=failure_of(error))) is again


def test_a_missing_office_is_said_without_a_traceback_into_the_settings(tmp_path: Path) -> None:
    with pytest.raises(tasks.StageFailed, match=r"stage \[newest_extract_date\]: SettingsError: .*cannot be read"):
        tasks.newest_extract_date.fn(str(tmp_path / "office.toml"))
