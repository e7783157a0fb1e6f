"""A line to PostgreSQL that breaks in the middle of a commit: before the server hears of it, or after it has done it."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import psycopg

from tests.store.servers import Server

Cut = Literal["before", "after"]
_COMMIT = b"COMMIT"


@dataclass
class Line:
    """Counts the commits that pass and cuts some of them; which ones is drawn from a seed."""

    behind: str
    chance: float
    random: random.Random
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    cuts: dict[Cut, int] = field(default_factory=lambda: {"before": 0, "after": 0})

    def url(self, database: str) -> str:
        port = self.listener.getsockname()[1]
        return f"postgresql+psycopg://postgres@127.0.0.1:{port}/{database}"

    def serve(self) -> None:
        """Takes connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server, ready = socket.socket(socket.AF_UNIX), selectors.DefaultSelector()
        with client, server, ready, contextlib.suppress(OSError):
            server.connect(self.behind)
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while self._pass_on(ready, client, server):
                pass

    def _pass_on(self, ready: selectors.DefaultSelector, client: socket.socket, server: socket.socket) -> bool:
        """Carries what has come to the other side; False when the line is over."""
        for key, _ in ready.select():
            came, to = key.fileobj, key.data
            assert isinstance(came, socket.socket)
            told = came.recv(65536)
            if not told:
                return False
            if came is client and _COMMIT in told and (cut := self._cut()):
                if cut == "after":
                    server.sendall(told)
                    server.recv(65536)
                return False
            to.sendall(told)
        return True

    def _cut(self) -> Cut | None:
        if self.random.random() >= self.chance:
            return None
        cut = self.random.choice(("before", "after"))
        self.cuts[cut] += 1  # type: ignore[index]
        return cut  # type: ignore[return-value]


@contextlib.contextmanager
def breaking_line(server: Server, chance: float, seed: int) -> Iterator[Line]:
    """A line to the server on which each commit is cut with the given chance."""
    parts = psycopg.conninfo.conninfo_to_dict(server.address)
    line = Line(f"{parts['host']}/.s.PGSQL.5432", chance, random.Random(seed))
    thread = threading.Thread(target=line.serve)
    thread.start()
    try:
        yield line
    finally:
        line.listener.shutdown(socket.SHUT_RDWR)
        line.listener.close()
        thread.join()
