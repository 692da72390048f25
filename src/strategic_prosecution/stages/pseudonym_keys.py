"""The key of the pseudonyms in force: remembered by a mark, refused when another turns up, and changed by a rotation.

A rotation is on the desk before anything is published under the new key, and done once every edition under the old one
is gone: an old edition beside a new one is a translation. Until then the desk says that it is not done, and whatever
publishes next, be it a night or the same command again, finishes it.
"""

from collections.abc import Callable
from datetime import date

from strategic_prosecution import desk, model, warehouse
from strategic_prosecution.safeguards import audit, key_mark, pseudonym_key
from strategic_prosecution.safeguards.pseudonyms import SHORTEST_KEY
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.warehouse import Connection

# In desk.state while editions under an older key may still be there.
_UNDER_WAY = "pseudonyms_rotating"


def check_key(connection: Connection, office: Office, *, known_on: date) -> None:
    """Raise SettingsError where the key is not the one in force, or missing; the first key is noted.

    Before a first key, a publication without one is fine: it names no person.
    """
    key, marks = pseudonym_key(office), _marks(connection)
    if key is None:
        if marks:
            raise SettingsError(
                f"the environment variable [{office.release.pseudonym_key_env}] holds no key of the pseudonyms, and "
                "one is in force: nobody would be published; set it to that key"
            )
    elif not marks:
        _check_new(office, key, marks)
        _put_in_force(connection, key, why="first publication", known_on=known_on)
    elif marks[-1] != key_mark(key):
        raise SettingsError(
            f"the key of the pseudonyms [{office.release.pseudonym_key_env}] is not the one in force, and what "
            "partners hold would join nothing any more; set it to that key, or run `stratpro pseudonyms rotate`"
        )


def rotate(office: Office, *, why: str, known_on: date, night: Callable[[Office, date | None], object]) -> bool:
    """Put the key that is now in the environment in force, and publish anew; every older edition is removed.

    Returns whether a rotation began here; False: one that was stopped half-way is finished. ``night`` runs the stages
    of a day. For use inside a run. Raises SettingsError without a key, for the key in force, one that was in force
    before, a short one, and where nothing was published yet; and what a night raises: then the rotation stands, and is
    finished by the next night.
    """
    key = pseudonym_key(office)
    if key is None:
        raise SettingsError(
            f"{office.path.name}: the environment variable [{office.release.pseudonym_key_env}] holds no key; set it "
            "to the new one"
        )
    with warehouse.open_records(office) as connection:
        marks = _marks(connection)
        if not marks:
            raise SettingsError("no pseudonyms are published yet: the first publication takes the key as it is")
        is_new = marks[-1] != key_mark(key)
        if not is_new and not _is_under_way(connection):
            raise SettingsError(
                f"the key in [{office.release.pseudonym_key_env}] is the one in force; set it to the new key first"
            )
        if is_new:
            _check_new(office, key, marks)
            if not why.strip():
                raise SettingsError("say why, with --why; it names nobody")
            editions = list((office.processed_dir / "runs").glob("[!.]*"))
            audit.append(office, "pseudonyms_rotated", editions=len(editions))
            with warehouse.transaction(connection):
                _put_in_force(connection, key, why=why.strip(), known_on=known_on)
                connection.execute("delete from desk.state where name = ?", [_UNDER_WAY])
                connection.execute("insert into desk.state values (?, 'true')", [_UNDER_WAY])
        day = warehouse.state(connection, "core_as_of")
    night(office, None if day is None else date.fromisoformat(day))
    return is_new


def finish(office: Office) -> None:
    """After a publication: remove the editions under an older key, where a rotation is under way."""
    with warehouse.open_records(office) as connection:
        if _is_under_way(connection):
            warehouse.withdraw(office, keep=warehouse.current_run(office).run_id)
            connection.execute("delete from desk.state where name = ?", [_UNDER_WAY])


def _marks(connection: Connection) -> list[str]:
    """The marks of all keys there were, the one in force last."""
    rows = connection.execute("select key_mark from desk.pseudonym_keys order by recorded_at, rowid").fetchall()
    return [str(mark) for (mark,) in rows]


def _check_new(office: Office, key: bytes, marks: list[str]) -> None:
    """Raise SettingsError for a key that must not be put in force."""
    said = f"the key of the pseudonyms [{office.release.pseudonym_key_env}]"
    if len(key.decode()) < SHORTEST_KEY:
        raise SettingsError(
            f"{said} has fewer than {SHORTEST_KEY} characters, and can be guessed; make one with "
            "`openssl rand -base64 32`"
        )
    if key_mark(key) in marks:
        raise SettingsError(
            f"{said} was in force before: what was published under it would join again; set it to one never used"
        )


def _put_in_force(connection: Connection, key: bytes, *, why: str, known_on: date) -> None:
    rotation_id = desk.new_id("rotation")
    table = model.table("desk.pseudonym_keys")
    desk.add(connection, table, why=why, known_on=known_on, rotation_id=rotation_id, key_mark=key_mark(key))


def _is_under_way(connection: Connection) -> bool:
    return bool(connection.execute("select 1 from desk.state where name = ?", [_UNDER_WAY]).fetchall())
