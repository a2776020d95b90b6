"""A SQLite file that belongs to us: opened, recognised, migrated, and shared by threads and processes.

Durability. In WAL mode a commit is in the operating system's hands when it returns, so a killed process loses
nothing whatever the setting; `synchronous` only decides about power loss. FULL syncs the WAL once a commit (measured:
1,250 commits a second against 27,000 with NORMAL), and since every writer of ours commits batches that is cheap, so
it is the default: a committed consumer offset must never outlive the write it stands for. `durable=False` (NORMAL) is
for a store that remembers its own place in the log and therefore merely falls back a little when power fails.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from schemas.errors import ConfigError, DetenteError, TerminalError, TransientError

Migration: TypeAlias = str | Callable[[sqlite3.Connection], None]
"""One step from a version to the next: SQL statements, or a function that runs some. It must not begin or commit."""

_WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
_CHECKPOINT_PAGES: Final = 4096
"""Pages in the WAL after which a commit also moves them into the file, which costs two syncs."""
_CACHE_KIB: Final = 8192
_INHERITED: Final[list[sqlite3.Connection]] = []
"""Connections of a parent process: SQLite forbids a forked child to use or even close them, so they are kept."""

_REMEDIES: Final[dict[int, tuple[type[DetenteError], str, str]]] = {
    sqlite3.SQLITE_BUSY: (TransientError, "database_busy", "another process holds its lock; try again"),
    sqlite3.SQLITE_LOCKED: (TransientError, "database_busy", "another connection holds a table; try again"),
    sqlite3.SQLITE_FULL: (TerminalError, "disk_full", "the disk is full; make room and start again"),
    sqlite3.SQLITE_READONLY: (TerminalError, "read_only", "it cannot be written; check owner and permissions"),
    sqlite3.SQLITE_PERM: (TerminalError, "no_permission", "access is denied; check owner and permissions"),
    sqlite3.SQLITE_CANTOPEN: (
        TerminalError,
        "cannot_open",
        "it cannot be opened; check that its directory exists, is writable by this user, and `ulimit -n`",
    ),
    sqlite3.SQLITE_IOERR: (TerminalError, "disk_error", "reading or writing failed; check the disk and its quota"),
    sqlite3.SQLITE_NOMEM: (TerminalError, "no_memory", "memory ran out"),
    sqlite3.SQLITE_CORRUPT: (TerminalError, "corrupt", "it is damaged; restore it from a backup"),
    sqlite3.SQLITE_NOTADB: (TerminalError, "corrupt", "it is not a database any more; restore it from a backup"),
}


class _Session:
    """One thread's connection and how deep in transactions it is."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.pid = os.getpid()
        self.writing = 0
        self.reading = 0
        self.lost = False

    def close(self) -> None:
        if self.pid == os.getpid():
            self.connection.close()

    def __del__(self) -> None:
        if self.pid == os.getpid():
            self.connection.close()
        else:
            _INHERITED.append(self.connection)


class Database:
    """A SQLite database in WAL mode with one connection for each thread that uses it.

    `application` names the kind of database; its hash is stored as `application_id`, so that a file of another
    program (or another of our own databases) is refused with ConfigError and left as it is. `migrations[n]` leads from
    `user_version` n to n + 1; each runs in a transaction of its own with the new version, so that a crash between or
    within them is resumed by the next opening. A file newer than the migrations is refused with ConfigError.

    Thread-safe; safe to carry over a fork (the child opens its own connections). Errors inside `transaction` and
    `read`: TransientError (locked longer than `busy_timeout` seconds), TerminalError (disk full, damaged, closed ...).
    """

    def __init__(
        self,
        path: Path,
        *,
        application: str,
        migrations: Sequence[Migration],
        durable: bool = True,
        busy_timeout: float = 30.0,
    ) -> None:
        self.path = path
        self.application = application
        self._migrations = tuple(migrations)
        self._synchronous = "FULL" if durable else "NORMAL"
        self._busy_timeout = busy_timeout
        self._local = threading.local()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._guard = threading.Lock()
        self._closed = False
        with self._translated():
            self._recognise()
            self._migrate(self._session())

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction on this thread's connection: commits at the end, rolls back on an exception.

        It holds the database's single write lock from the start (BEGIN IMMEDIATE), so what is read inside stays true.
        Nested use joins the outer transaction: only what the inner block wrote is undone if it raises, and nothing is
        durable before the outermost block ends. Must not be opened inside `read`.
        """
        with self._translated():
            session = self._session()
            if session.reading and not session.writing:
                raise TerminalError("a write inside a read snapshot could not be consistent", "write_in_read")
            nested = session.writing > 0
            name = f"level_{session.writing}"
            session.connection.execute(f"SAVEPOINT {name}" if nested else "BEGIN IMMEDIATE")
            session.writing += 1
            session.lost = session.lost and nested
            try:
                yield session.connection
                self._still_in_transaction(session)
                session.connection.execute(f"RELEASE {name}" if nested else "COMMIT")
            except BaseException:
                self._undo(session, name if nested else "")
                raise
            finally:
                session.writing -= 1

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A snapshot on this thread's connection: all queries inside see one state. Inside `transaction` it joins."""
        with self._translated():
            session = self._session()
            joins = session.writing > 0 or session.reading > 0
            if not joins:
                session.connection.execute("BEGIN")
            session.reading += 1
            try:
                yield session.connection
            finally:
                session.reading -= 1
                if not joins and session.connection.in_transaction:
                    session.connection.execute("COMMIT")

    def in_transaction(self) -> bool:
        """Whether this thread is inside `transaction`."""
        return self._session().writing > 0

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, for statements within `transaction` or `read` of a caller further up."""
        return self._session().connection

    def data_version(self) -> int:
        """A number that differs from the last one on this thread if any other connection committed since.

        Costs some microseconds: what a waiting reader polls instead of running its query.
        """
        with self._translated():
            return int(self._session().connection.execute("PRAGMA data_version").fetchone()[0])

    def checkpoint(self) -> None:
        """Move the WAL into the database file and empty it, as far as readers allow."""
        with self._translated():
            self._session().connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close every thread's connection. Idempotent; using the database afterwards raises TerminalError."""
        with self._guard:
            self._closed = True
            for session in list(self._sessions):
                session.close()
            self._sessions.clear()

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._local, "session", None)
        if self._closed:
            raise TerminalError(f"{self.path} is closed", "closed")
        if session is None or session.pid != os.getpid():
            session = _Session(self._connect())
            self._local.session = session
            with self._guard:
                self._sessions.add(session)
        return session

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def _recognise(self) -> None:
        """Refuse what is not ours before anything of it is changed, the journal mode included."""
        connection = sqlite3.connect(self.path, timeout=self._busy_timeout, isolation_level=None)
        try:
            self._check_owner(connection)
            self._use_wal(connection)
        except sqlite3.DatabaseError as error:
            if _primary(error) != sqlite3.SQLITE_NOTADB:
                raise
            raise ConfigError(
                f"{self.path} is not a database; name another data directory or move the file away", "foreign_database"
            ) from error
        finally:
            connection.close()

    def _check_owner(self, connection: sqlite3.Connection) -> int:
        """The file's version, 0 for a new file."""
        identity = application_id(self.application)
        found = int(connection.execute("PRAGMA application_id").fetchone()[0])
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        empty = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
        if found != identity and not (found == 0 and version == 0 and empty):
            raise ConfigError(
                f"{self.path} is a database of another program, not {self.application}; "
                "name another data directory or move the file away",
                "foreign_database",
            )
        if version > len(self._migrations):
            raise ConfigError(
                f"{self.path} has version {version} and this release knows {len(self._migrations)}; "
                "use the release that wrote it, or restore a backup",
                "newer_database",
            )
        return version

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Switch a new file to WAL. Two openers at once may see BUSY without any waiting, hence the loop."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                    return
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if _primary(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _migrate(self, session: _Session) -> None:
        version = self._check_owner(session.connection)
        while version < len(self._migrations):
            with self.transaction() as connection:
                version = self._check_owner(connection)  # another process may have come first
                if version == len(self._migrations):
                    return
                _apply(connection, self._migrations[version])
                connection.execute(f"PRAGMA application_id = {application_id(self.application)}")
                connection.execute(f"PRAGMA user_version = {version + 1}")
            version += 1

    def _still_in_transaction(self, session: _Session) -> None:
        if session.lost or not session.connection.in_transaction:
            raise TerminalError(f"the transaction on {self.path} was lost to an earlier error", "transaction_lost")

    @staticmethod
    def _undo(session: _Session, savepoint: str) -> None:
        """Roll back. Some errors (disk full) have SQLite roll back everything by itself: then the outer is lost too."""
        try:
            if not session.connection.in_transaction:
                session.lost = True
            elif savepoint:
                session.connection.execute(f"ROLLBACK TO {savepoint}")
                session.connection.execute(f"RELEASE {savepoint}")
            else:
                session.connection.execute("ROLLBACK")
        except sqlite3.Error:  # the first error is the one to tell; without a commit nothing of it becomes durable
            session.lost = True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            told = explain(error, self.path, closed=self._closed)
            if told is None:
                raise
            raise told from error


def application_id(application: str) -> int:
    """The 31-bit number that marks databases of this kind."""
    return int.from_bytes(hashlib.sha256(application.encode()).digest()[:4], "big") & 0x7FFFFFFF


def explain(error: sqlite3.Error, path: Path, *, closed: bool = False) -> DetenteError | None:
    """The error of our tree for SQLite's, naming file and remedy; None for what is a mistake in our own SQL."""
    if closed and isinstance(error, sqlite3.ProgrammingError):
        return TerminalError(f"{path} is closed", "closed")
    remedy = _REMEDIES.get(_primary(error))
    if remedy is None:
        return None
    kind, code, words = remedy
    return kind(f"{path}: {words} ({error})", code)


def _primary(error: sqlite3.Error) -> int:
    """The primary result code (extended codes carry more in their upper bytes); 0 where SQLite gave none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    if callable(migration):
        migration(connection)
        return
    statement = ""  # not executescript: that would commit first
    for piece in migration.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
