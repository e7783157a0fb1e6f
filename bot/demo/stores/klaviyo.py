"""Klaviyo's API as it answers at revision 2026-07-15, over lists in memory: keys and scopes, the filters of campaigns,
pages by cursor, estimations, reports with their limits, and system webhooks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.polling import Call, Response

Row = dict[str, Any]

HOST = "a.klaviyo.com"
KEYS = {"api_key": "pk_kettle", "webhook_secret": "two cups of tea, please"}
_BASE = f"https://{HOST}/api/"
_FILTER = re.compile(
    r"equals\(messages\.channel,'(email|sms)'\),(?:equals\(status,'([A-Za-z ]+)'\)|greater-or-equal\(updated_at,(.+)\))"
)
_REPORTS_A_MINUTE = 2


@dataclass
class Klaviyo:
    """An account. ``campaigns`` are rows as the API gives them, each with a "channel" beside; ``figures`` are the
    statistics of each message by (campaign, message, channel), ``estimates`` those of each campaign, ``templates`` the
    contents of messages.

    ``scopes`` are the key's, ``page`` is how many rows a page holds, ``elsewhere`` sends the next page to another host,
    and ``busy`` is how many calls are still turned away.
    """

    hosts: tuple[str, ...] = (HOST,)
    campaigns: dict[str, Row] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    templates: dict[str, Row] = field(default_factory=dict)
    estimates: dict[str, int] = field(default_factory=dict)
    figures: dict[tuple[str, str, str], dict[str, float]] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=lambda: {"Xk9pLm": "Opened Email", "Qw3rTy": "Placed Order"})
    webhooks: list[Row] = field(default_factory=list)
    scopes: frozenset[str] = frozenset({"campaigns", "metrics", "templates", "webhooks"})
    page: int = 10
    elsewhere: bool = False
    busy: int = 0
    reported: list[datetime] = field(default_factory=list)

    def plan(self, name: str, status: str, starts: datetime, now: datetime, **more: Any) -> None:
        """Has a campaign of this id planned, sent, changed or taken back at ``now``."""
        attributes = {
            "name": more.get("title", name.title()),
            "status": status,
            "send_time": more.get("send_time", starts.isoformat()),
            "send_strategy": {"method": "static", "datetime": starts.isoformat()},
            "tracking_options": {"is_add_utm": True, "utm_params": more.get("utm", [])},
            "scheduled_at": None,
            "updated_at": now.isoformat(),
            "audiences": {"included": ["PiiList"]},
        }
        messages = [{"type": "campaign-message", "id": message} for message in more.get("messages", ())]
        tags = [{"type": "tag", "id": tag} for tag in more.get("tags", ())]
        self.campaigns[name] = {
            "type": "campaign",
            "id": name,
            "channel": more.get("channel", "email"),
            "attributes": attributes,
            "relationships": {"tags": {"data": tags}, "campaign-messages": {"data": messages}},
        }

    def answer(self, call: Call, now: datetime) -> Response:
        """What Klaviyo answers, in its own words also where it refuses."""
        if self.busy > 0:
            self.busy -= 1
            return _refused(429, "throttled", "Request was throttled. Expected available in 1 second.", now)
        path = call.url.removeprefix(_BASE)
        if call.headers.get("authorization") != f"Klaviyo-API-Key {KEYS['api_key']}":
            return _refused(401, "authentication_failed", "Incorrect authentication credentials.", now)
        if call.headers.get("revision") != "2026-07-15":
            return _refused(400, "invalid", "Invalid API revision.", now)
        thing = path.partition("/")[0]
        if _SCOPES[thing] not in self.scopes:
            return _refused(403, "permission_denied", "You do not have permission to perform this action.", now)
        return getattr(self, f"_{thing.replace('-', '_')}")(call, path, now)  # type: ignore[no-any-return]

    def _campaigns(self, call: Call, path: str, now: datetime) -> Response:
        _, _, id = path.partition("/")
        if id:
            found = self.campaigns.get(id)
            tags = [] if found is None else self._included([found])
            return _given({"data": found, "included": tags}, now) if found else _missing(now)
        chosen = _FILTER.fullmatch(dict(call.params).get("filter", ""))
        if not chosen:
            return _refused(400, "invalid", "A channel filter is required to list campaigns.", now)
        rows = [row for row in self.campaigns.values() if _fits(row, chosen)]
        return self._paged(rows, call, path, now)

    def _campaign_messages(self, call: Call, path: str, now: datetime) -> Response:
        found = self.templates.get(path.split("/")[1])
        about = {"type": "template", "id": "Tpl9Tea", "attributes": found}
        return _given({"data": about}, now) if found else _missing(now)

    def _campaign_recipient_estimations(self, call: Call, path: str, now: datetime) -> Response:
        id = path.partition("/")[2]
        if id not in self.estimates:
            return _missing(now)
        count = {"estimated_recipient_count": self.estimates[id]}
        about = {"type": "campaign-recipient-estimation", "id": id, "attributes": count}
        return _given({"data": about}, now)

    def _campaign_values_reports(self, call: Call, path: str, now: datetime) -> Response:
        self.reported = [at for at in self.reported if now - at < timedelta(minutes=1)]
        if len(self.reported) >= _REPORTS_A_MINUTE:
            self.reported = []
            return _refused(429, "throttled", "Request was throttled. Expected available in 60 seconds.", now)
        self.reported.append(now)
        wanted = json.loads(call.body)["data"]["attributes"]
        if wanted["conversion_metric_id"] not in self.metrics:
            return _refused(400, "invalid", "The metric does not exist.", now)
        rows = [
            {
                "groupings": {"campaign_id": campaign, "campaign_message_id": message, "send_channel": channel},
                "statistics": {name: figures.get(name, 0.0) for name in wanted["statistics"]},
            }
            for (campaign, message, channel), figures in self.figures.items()
        ]
        shown, links = self._cut(rows, call, path, "page_cursor")
        about = {"type": "campaign-values-report", "attributes": {"results": shown}}
        return _given({"data": about, "links": links}, now)

    def _metrics(self, call: Call, path: str, now: datetime) -> Response:
        rows = [{"type": "metric", "id": id, "attributes": {"name": name}} for id, name in self.metrics.items()]
        return self._paged(rows, call, path, now)

    def _webhooks(self, call: Call, path: str, now: datetime) -> Response:
        if call.method == "GET":
            return self._paged(self.webhooks, call, path, now)
        given = json.loads(call.body)["data"]
        if call.method == "PATCH":
            [row] = [row for row in self.webhooks if row["id"] == path.partition("/")[2]]
            row["attributes"].update(given["attributes"])
            row["relationships"].update(given["relationships"])
            return _given({"data": row}, now)
        shown = {name: value for name, value in given["attributes"].items() if name != "secret_key"}
        row = {"type": "webhook", "id": f"01JHOOK{len(self.webhooks)}", **given, "attributes": shown}
        self.webhooks.append(row)
        return Response(201, {}, json.dumps({"data": row}).encode(), now)

    def _paged(self, rows: list[Row], call: Call, path: str, now: datetime) -> Response:
        shown, links = self._cut(rows, call, path, "page[cursor]")
        return _given({"data": shown, "included": self._included(shown), "links": links}, now)

    def _cut(self, rows: list[Row], call: Call, path: str, name: str) -> tuple[list[Row], Row]:
        """A page of rows, with the address of the next one."""
        begin = int(dict(call.params).get(name, "0"))
        end = begin + self.page
        host = "https://evil.example/api/" if self.elsewhere else _BASE
        quoted = name.replace("[", "%5B").replace("]", "%5D")
        following = f"{host}{path}?filter=x&{quoted}={end}" if end < len(rows) else None
        return rows[begin:end], {"self": call.url, "next": following, "prev": None}

    def _included(self, rows: list[Row]) -> list[Row]:
        named = {tag["id"] for row in rows for tag in row.get("relationships", {}).get("tags", {}).get("data", ())}
        return [{"type": "tag", "id": id, "attributes": {"name": self.tags[id]}} for id in sorted(named)]


_SCOPES = {
    "campaigns": "campaigns",
    "campaign-messages": "templates",
    "campaign-recipient-estimations": "campaigns",
    "campaign-values-reports": "campaigns",
    "metrics": "metrics",
    "webhooks": "webhooks",
}


def _fits(row: Row, chosen: re.Match[str]) -> bool:
    channel, status, since = chosen.groups()
    if row["channel"] != channel:
        return False
    told = row["attributes"]
    if status:
        return bool(told["status"] == status)
    return datetime.fromisoformat(told["updated_at"]) >= datetime.fromisoformat(since)


def _given(body: Row, now: datetime) -> Response:
    return Response(200, {"content-type": "application/vnd.api+json"}, json.dumps(body).encode(), now)


def _missing(now: datetime) -> Response:
    return _refused(404, "not_found", "A resource with this id does not exist.", now)


def _refused(status: int, code: str, detail: str, now: datetime) -> Response:
    told = {"errors": [{"status": status, "code": code, "title": code, "detail": detail}]}
    return Response(status, {"retry-after": "1"} if status == 429 else {}, json.dumps(told).encode(), now)
