"""What the workbench must not forget: one table of JSON documents in SQLite, written before any call is answered."""

import json
import sqlite3
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Journal:
    """Documents by (kind, key); in memory without a folder, else a file that survives the process being killed."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        place = ":memory:" if folder is None else str(folder / "workbench.db")
        self._db = sqlite3.connect(place, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # Each statement commits by itself; NORMAL is enough because a killed process loses nothing already written.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS document (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def put(self, kind: str, key: str, body: Any) -> None:
        """Write or overwrite one document."""
        self._db.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, key, json.dumps(body)))

    def drop(self, kind: str, key: str) -> None:
        """Forget one document, if it is there."""
        self._db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))

    def clear(self, kind: str) -> None:
        """Forget every document of a kind."""
        self._db.execute("DELETE FROM document WHERE kind = ?", (kind,))

    def load(self, kind: str) -> dict[str, Any]:
        """All documents of a kind by key, in the order of their keys."""
        rows = self._db.execute("SELECT key, body FROM document WHERE kind = ? ORDER BY key", (kind,))
        return {key: json.loads(body) for key, body in rows}

    def close(self) -> None:
        """Release the file."""
        self._db.close()
