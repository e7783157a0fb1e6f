"""Wishes to forget, kept in a file beside the database, since a backup that is put back knows of none that came later.

A line is a wish as JSON with the ids of its orders; what else named the customer is kept nowhere, also not here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from bot.core.privacy import STAYS_FORGOTTEN, PrivacyAsked
from bot.store.engine import Connection, StoreDown
from bot.store.privacy import Wished, carry_out

FILE = "wishes.jsonl"


def folder_of(store_url: str) -> Path:
    """Where wishes and reports lie: beside an SQLite database, else below the folder in which the bot was started."""
    scheme, _, path = store_url.partition(":///")
    return Path(path).parent / "privacy" if scheme == "sqlite" and path else Path("var/privacy")


def keep(wished: Wished) -> None:
    """Remembers a wish to forget for as long as late deliveries about it are recognised. Raises StoreDown when the file
    cannot be written, so that the wish is carried out later and then remembered."""
    if wished.asked.wish != "report":
        _write(wished.reports / FILE, [*_read(wished.reports), wished], wished.now)


def repeat(connection: Connection, folder: Path, since: datetime, now: datetime) -> int:
    """Carries out once more what was wished after a backup was taken; gives how many wishes that were."""
    meant = [wished for wished in _read(folder) if wished.now >= since and _remembered(wished, now)]
    for wished in meant:
        carry_out(connection, wished)
    return len(meant)


def tidy(folder: Path, now: datetime) -> int:
    """Forgets wishes whose time is over; gives how many. Raises StoreDown when the file cannot be written."""
    known = _read(folder)
    over = sum(not _remembered(wished, now) for wished in known)
    if over:
        _write(folder / FILE, known, now)
    return over


def _remembered(wished: Wished, now: datetime) -> bool:
    return now - wished.now < STAYS_FORGOTTEN


def _read(folder: Path) -> list[Wished]:
    try:
        lines = (folder / FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreDown(f"the wishes in {folder / FILE} cannot be read: {error.strerror}") from None
    return [_wished(json.loads(line), folder) for line in lines]


def _wished(line: dict[str, object], folder: Path) -> Wished:
    at = datetime.fromisoformat(str(line["at"]))
    fields = {"shop": line["shop"], "source": line["source"], "at": at, "wish": line["wish"]}
    orders = line["orders"]
    assert isinstance(orders, list)
    asked = PrivacyAsked(**fields, orders=tuple(orders))  # type: ignore[arg-type]
    return Wished(asked, str(line["name"]), at, folder)


def _write(file: Path, wishes: Iterable[Wished], now: datetime) -> None:
    """Writes all of it or nothing: into another file first, which then takes the place of this one."""
    lines = [
        json.dumps({
            "at": wished.now.isoformat(), "name": wished.name, "shop": wished.asked.shop,
            "source": wished.asked.source, "wish": wished.asked.wish, "orders": list(wished.asked.orders),
        }) + "\n"
        for wished in wishes
        if _remembered(wished, now)
    ]  # fmt: skip
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as made:
            made.writelines(lines)
            made.flush()
            os.fsync(made.fileno())
        os.replace(part, file)
    except OSError as error:
        raise StoreDown(f"the wishes in {file} cannot be kept: {error.strerror}") from None
