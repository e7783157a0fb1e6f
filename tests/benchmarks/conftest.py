"""What the intake's benchmark compares: one server, in front of three ways of keeping a delivery."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, create_engine, func, select

from bot.store.inbox import Arrival
from tests.benchmarks import load

ROOT = Path(load.__file__).parents[2]


class Nowhere:
    """Keeps nothing: what the server and the verification cost alone."""

    def __init__(self) -> None:
        self.kept = 0

    async def admit(self, arrival: Arrival) -> bool:
        self.kept += 1
        return True


class SessionEach:
    """One SQLModel session and one transaction a delivery, each in a thread: the way that tutorials show."""

    def __init__(self, path: Path) -> None:
        class Own(SQLModel, registry=registry()):
            """Apart from the bot's own tables."""

        class Row(Own, table=True):
            id: int | None = Field(default=None, primary_key=True)
            source: str
            key: str = Field(unique=True)
            headers: str
            body: bytes

        self._row: Callable[..., Any] = Row
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        event.listen(self._engine, "connect", _durable)
        Own.metadata.create_all(self._engine)

    async def admit(self, arrival: Arrival) -> bool:
        return await asyncio.to_thread(self._insert, arrival)

    def _insert(self, arrival: Arrival) -> bool:
        headers = json.dumps(dict(arrival.delivery.headers))
        with Session(self._engine) as session:
            session.add(self._row(source=arrival.source, key=arrival.key, headers=headers, body=arrival.delivery.body))
            session.commit()
        return True

    @property
    def kept(self) -> int:
        """Rows on disk."""
        with Session(self._engine) as session:
            return int(session.exec(select(func.count()).select_from(self._row)).one())  # type: ignore[arg-type]

    def close(self) -> None:
        """Gives back every connection."""
        self._engine.dispose()


def _durable(connection: Any, _: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


async def send(
    port: int, start: int, *, seconds: float, connections: int = 32, rate: float = 0.0, stream: tuple[str, ...] = ()
) -> dict[str, float]:
    """What the load in a child process saw; see ``tests.benchmarks.load``."""
    arguments = (str(port), str(connections), str(seconds), str(rate), str(start), *stream)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.load", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await child.communicate()
    seen: dict[str, float] = json.loads(told)
    return seen
