"""The SQLite file: recognised, migrated, shared by threads and processes, and clear about what is wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from connectors.local.database import Database, Migration, application_id
from schemas.errors import ConfigError, TerminalError, TransientError

FIRST = "CREATE TABLE item(id INTEGER PRIMARY KEY, word TEXT); CREATE INDEX item_word ON item(word);"
SECOND = """
-- a trigger holds semicolons of its own; the splitter must not cut there
CREATE TRIGGER noted AFTER INSERT ON item BEGIN
  UPDATE item SET word = word || ';' WHERE id = new.id; SELECT 1;
END;
"""


def make(path: Path, *migrations: Migration, application: str = "detente.test", timeout: float = 30.0) -> Database:
    return Database(path, application=application, migrations=migrations or (FIRST,), busy_timeout=timeout)


def words(database: Database) -> list[str]:
    with database.read() as connection:
        return [row[0] for row in connection.execute("SELECT word FROM item ORDER BY id")]


def insert(connection: sqlite3.Connection, word: str) -> None:
    connection.execute("INSERT INTO item(word) VALUES (?)", (word,))


def in_child(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])


def test_a_new_file_is_marked_and_in_wal_mode(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    with database.read() as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (application_id("detente.test"),)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_migration_runs_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    old = make(path, FIRST)
    with old.transaction() as connection:
        insert(connection, "before")
    old.close()
    for _ in range(2):
        new = make(path, FIRST, SECOND)
        with new.transaction() as connection:
            insert(connection, "after")
        assert words(new)[:2] == ["before", "after;"]
        new.close()


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    make(path, FIRST, SECOND).close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="version 2 and this release knows 1") as caught:
        make(path, FIRST)
    assert caught.value.code == "newer_database"
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE moz_places(id INTEGER)")
    theirs.commit()
    theirs.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program"):
        make(path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.db"]


def test_our_own_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "x.db", application="detente.index").close()
    with pytest.raises(ConfigError, match=r"not detente\.log"):
        make(tmp_path / "x.db", application="detente.log")


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("dear diary, " * 1000)
    with pytest.raises(ConfigError, match="not a database"):
        make(path)
    assert path.read_text() == "dear diary, " * 1000


def test_a_missing_directory_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="check that its directory exists"):
        make(tmp_path / "none" / "x.db")


def test_a_crash_within_a_migration_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    make(path, FIRST).close()
    code = f"""
import os, signal, sys
from pathlib import Path
from connectors.local.database import Database
def second(connection):
    connection.execute("CREATE TABLE half(id INTEGER)")
    os.kill(os.getpid(), signal.SIGKILL)
Database(Path(sys.argv[1]), application="detente.test", migrations=({FIRST!r}, second))
"""
    assert in_child(code, path).wait(timeout=20) == -signal.SIGKILL
    database = make(path, FIRST, "CREATE TABLE half(id INTEGER, name TEXT);")
    with database.read() as connection:
        assert [row[1] for row in connection.execute("PRAGMA table_info(half)")] == ["id", "name"]
    database.close()


def test_many_processes_may_create_it_at_once(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from connectors.local.database import Database
d = Database(Path(sys.argv[1]), application="detente.test", migrations=({FIRST!r}, "ALTER TABLE item ADD COLUMN n;"))
for _ in range(20):
    with d.transaction() as c:
        c.execute("INSERT INTO item(word) VALUES ('w')")
"""
    children = [in_child(code, tmp_path / "x.db") for _ in range(4)]
    assert [child.wait(timeout=30) for child in children] == [0] * 4
    database = make(tmp_path / "x.db", FIRST, "ALTER TABLE item ADD COLUMN n;")
    assert len(words(database)) == 80
    database.close()


def test_an_exception_undoes_everything(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    with pytest.raises(KeyError), database.transaction() as connection:
        insert(connection, "a")
        raise KeyError
    assert words(database) == []
    with database.transaction() as connection:
        insert(connection, "b")
    assert words(database) == ["b"]
    database.close()


def test_nested_transactions_join_and_undo_only_their_own(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    with database.transaction() as outer:
        insert(outer, "a")
        with pytest.raises(KeyError), database.transaction() as inner:
            insert(inner, "b")
            raise KeyError
        with database.transaction() as inner:
            insert(inner, "c")
            assert inner is outer
        seen: list[list[str]] = []
        reader = threading.Thread(target=lambda: seen.append(words(database)))
        reader.start()
        reader.join()
        assert seen == [[]]  # nothing is durable before the outermost block ends
    assert words(database) == ["a", "c"]
    with pytest.raises(KeyError), database.transaction() as outer:
        with database.transaction() as inner:
            insert(inner, "d")
        raise KeyError
    assert words(database) == ["a", "c"]
    database.close()


def test_a_full_disk_is_told_and_nothing_half_is_committed(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    with database.read() as connection:
        connection.execute("PRAGMA max_page_count = 12")
    with pytest.raises(TerminalError) as lost, database.transaction() as connection:
        insert(connection, "small")
        with pytest.raises(TerminalError, match="make room") as full, database.transaction() as inner:
            insert(inner, "x" * 100_000)
        assert full.value.code == "disk_full"
        assert not connection.in_transaction  # SQLite itself rolled everything back: writing on would commit at once
    assert lost.value.code == "transaction_lost"
    assert words(database) == []
    with database.transaction() as connection:
        insert(connection, "fits")
    assert words(database) == ["fits"]
    database.close()


def test_a_read_is_a_snapshot_and_cannot_turn_into_a_write(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")

    def write() -> None:
        with database.transaction() as other:
            insert(other, "later")

    with database.read():
        assert words(database) == []
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert words(database) == []
        with pytest.raises(TerminalError, match="snapshot"), database.transaction():
            pass
    assert words(database) == ["later"]
    database.close()


def test_a_lock_held_too_long_is_transient(tmp_path: Path) -> None:
    holder, other = make(tmp_path / "x.db"), make(tmp_path / "x.db", timeout=0.01)
    with holder.transaction(), pytest.raises(TransientError, match="another process") as caught, other.transaction():
        pass
    assert caught.value.code == "database_busy"
    holder.close()
    other.close()


def test_data_version_moves_only_with_the_commits_of_others(tmp_path: Path) -> None:
    database, other = make(tmp_path / "x.db"), make(tmp_path / "x.db")
    start = database.data_version()
    with database.transaction() as connection:
        insert(connection, "own")
    assert database.data_version() == start
    with other.transaction() as connection:
        insert(connection, "theirs")
    assert database.data_version() != start
    database.close()
    other.close()


def test_each_thread_has_a_connection_which_goes_with_it(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        thread = threading.Thread(target=words, args=(database,))
        thread.start()
        thread.join()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    database.close()


def test_a_forked_child_opens_its_own(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    assert words(database) == []
    child = os.fork()
    if child == 0:
        try:
            with database.transaction() as connection:
                insert(connection, "child")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    with database.transaction() as connection:
        insert(connection, "parent")
    assert words(database) == ["child", "parent"]
    database.close()


def test_after_close_every_use_is_terminal(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    database.close()
    database.close()
    for use in (database.data_version, lambda: words(database)):
        with pytest.raises(TerminalError, match="closed"):
            use()


def test_mistakes_in_sql_are_not_disguised(tmp_path: Path) -> None:
    database = make(tmp_path / "x.db")
    with pytest.raises(sqlite3.OperationalError, match="no such table"), database.read() as connection:
        connection.execute("SELECT * FROM absent")
    database.close()
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        make(tmp_path / "y.db", "CREATE TABLE a(id); CREATE TABLE b(")
