"""Mailchimp's Marketing API as it answers, over lists in memory: data centres and keys, filters by state and by time of
sending, pages by offset, reports, the webhooks of a list, and the wall that answers for it to who comes too often.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.polling import Call, Response

Row = dict[str, Any]

DATACENTER = "us21"
KEYS = {"api_key": "0123kettle4567-us21", "webhook_secret": "two-cups-of-tea-please"}
TOKEN = "tea-by-oauth"
LIST = "7e1ab2c3d4"
_BASE = f"https://{DATACENTER}.api.mailchimp.com/3.0/"
SIGNING = "steeped-in-a-secret-once"
"""What a webhook signs with; only the answer that makes the webhook says it."""
_HOOK = re.compile(rf"lists/{LIST}/webhooks(?:/([0-9a-z]+))?")


@dataclass
class Mailchimp:
    """An account. Its lists are rows as the API gives them; whoever tests writes into them. ``contents`` are the mails
    of campaigns; one of a kind that has none is refused.

    ``walled`` is how many calls the wall before it still turns away with a bare 403, ``reads`` whether the key may only
    read.
    """

    hosts: tuple[str, ...] = (f"{DATACENTER}.api.mailchimp.com",)
    campaigns: dict[str, Row] = field(default_factory=dict)
    contents: dict[str, Row] = field(default_factory=dict)
    reports: dict[str, Row] = field(default_factory=dict)
    webhooks: list[Row] = field(default_factory=list)
    walled: int = 0
    reads: bool = False
    most: int = 1000

    def plan(self, id: str, status: str, starts: datetime | None, **more: Any) -> None:
        """Has a campaign of this id planned, sent, changed or taken back."""
        self.campaigns[id] = {
            "id": id,
            "status": status,
            "send_time": starts.isoformat() if starts else "",
            "recipients": {"list_id": LIST, "list_name": "pii", "recipient_count": more.get("audience", 900)},
            "settings": {
                "title": more.get("title", id.title()),
                "subject_line": "Tea, Pii?",
                "reply_to": "pii@pii.example",
            },
            "tracking": {"google_analytics": more.get("group", "")},
        }

    def report(self, id: str, sent: int, starts: datetime, **figures: int) -> None:
        """Has a campaign's report say this."""
        hard, soft, syntax = (figures.get(name, 0) for name in ("hard", "soft", "syntax"))
        self.reports[id] = {
            "id": id,
            "emails_sent": sent,
            "abuse_reports": figures.get("complained", 0),
            "unsubscribed": figures.get("unsubscribed", 0),
            "send_time": starts.isoformat(),
            "bounces": {"hard_bounces": hard, "soft_bounces": soft, "syntax_errors": syntax},
        }

    def answer(self, call: Call, now: datetime) -> Response:
        """What Mailchimp answers, in its own words also where it refuses."""
        if self.walled > 0:
            self.walled -= 1
            return Response(403, {}, b"<html>Access Denied</html>", now)
        if not _known(call):
            return _refused(401, "API Key Invalid", now)
        path, params = call.url.removeprefix(_BASE), dict(call.params)
        if hook := _HOOK.fullmatch(path):
            return self._hooks(call, hook[1], now)
        kind, _, id = path.partition("/")
        if kind == "campaigns" and id.endswith("/content"):
            found = self.contents.get(id.removesuffix("/content"))
            return _given(found, now) if found else _refused(400, "Bad Request", now)
        if kind == "campaigns" and id:
            found = self.campaigns.get(id)
            return _given(found, now) if found else _refused(404, "Resource Not Found", now)
        if kind not in ("campaigns", "reports"):
            return _refused(404, "Resource Not Found", now)
        rows = list({"campaigns": self.campaigns, "reports": self.reports}[kind].values())
        return self._page(kind, [row for row in rows if _fits(row, params)], params, now)

    def _page(self, kind: str, rows: list[Row], params: dict[str, str], now: datetime) -> Response:
        begin = int(params["offset"])
        wanted = {field.split(".")[1] for field in params["fields"].split(",")}
        page = rows[begin : begin + min(int(params["count"]), self.most)]
        return _given({kind: [{name: row[name] for name in row if name in wanted} for row in page]}, now)

    def _hooks(self, call: Call, id: str | None, now: datetime) -> Response:
        if call.method == "GET":
            return _given({"webhooks": self.webhooks}, now)
        if self.reads:
            return _refused(403, "Forbidden", now)
        given = json.loads(call.body)
        if id:
            [row] = [row for row in self.webhooks if row["id"] == id]
            row.update(given)
            return _given(row, now)
        row = {"id": f"a{len(self.webhooks)}", **given}
        self.webhooks.append(row)
        return _given(row | ({"signing_secret": SIGNING} if row.get("signing_enabled") else {}), now)


def _known(call: Call) -> bool:
    _, _, given = call.headers.get("authorization", "").partition(" ")
    return given == TOKEN or base64.b64decode(given + "==").decode(errors="replace").endswith(f":{KEYS['api_key']}")


def _fits(row: Row, params: dict[str, str]) -> bool:
    if "status" in params and row["status"] != params["status"]:
        return False
    since = params.get("since_send_time")
    return not since or datetime.fromisoformat(row["send_time"]) >= datetime.fromisoformat(since)


def _given(body: Row, now: datetime) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode(), now)


def _refused(status: int, title: str, now: datetime) -> Response:
    told = {"type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title, "status": status}
    return Response(status, {"content-type": "application/problem+json"}, json.dumps(told).encode(), now)
