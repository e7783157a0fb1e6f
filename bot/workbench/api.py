"""The Web API over HTTP: reads a call's arguments, checks token and rate, runs it, and plays the fault it drew."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.workbench import methods_chat, methods_conversations, methods_people, methods_views
from bot.workbench.calls import Calls
from bot.workbench.faults import Faults, Rule
from bot.workbench.journal import Json
from bot.workbench.limits import RateLimits
from bot.workbench.mishaps import play
from bot.workbench.registry import METHODS, Call, Method, scopes
from bot.workbench.response_urls import ResponseUrls, payload_of
from bot.workbench.state import Refusal, Workspace

# Importing a module of methods enters them into METHODS.
MODULES = (methods_chat, methods_conversations, methods_people, methods_views)


@dataclass
class Api:
    """The handlers of /api/{method} and of /response/{key}, both of which are written down and may be made to fail."""

    workspace: Workspace
    response_urls: ResponseUrls
    limits: RateLimits
    faults: Faults
    calls: Calls
    tokens: dict[str, str]
    later: Callable[..., None]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; errors are HTTP 200 with ok:false, as Slack's are."""
        name = request.match_info["method"]
        try:
            arguments = await merged(request)
        except Refusal as refusal:
            return _answer(_refused(refusal))
        row = self.calls.enter(name, arguments)
        try:
            method = self._admitted(name, token_of(request, arguments))
        except Refusal as refusal:
            row["outcome"] = refusal.error
            return _answer(_refused(refusal))
        return await self._limited(request, method, Call(self.workspace, arguments), row)

    async def respond_to_url(self, request: web.Request) -> web.StreamResponse:
        """Take a post to a response_url; in the book and in fault rules it goes by the name `response_url`."""
        key = request.match_info["key"]
        try:
            body = payload_of(await request.text())
        except Refusal as refusal:
            return _answer(_refused(refusal), status=400)
        row = self.calls.enter("response_url", body)
        rule = self.faults.pick("response_url", frozenset({self.response_urls.channel(key)}))
        if rule is None:
            return self.response_urls.take(key, body, row)
        row["fault"] = rule.kind
        clock = self.workspace.clock
        return await play(request, rule, lambda: self.response_urls.take(key, body, row), clock, self.later)

    async def _limited(self, request: web.Request, method: Method, call: Call, row: Json) -> web.StreamResponse:
        channel = self.workspace.channel(call.text("channel"))
        wait = self.limits.refuse(method.name, method.tier, channel.id if channel else None)
        if wait is not None:
            row["outcome"] = "ratelimited"
            return too_many(str(wait))
        names = {call.text("channel")} | ({channel.id, channel.name, f"#{channel.name}"} if channel else set())
        rule = self.faults.pick(method.name, frozenset(names))
        if rule is None:
            return self._respond(self.run(method, call, row))
        return await self._faulted(request, rule, method, call, row)

    async def _faulted(
        self, request: web.Request, rule: Rule, method: Method, call: Call, row: Json
    ) -> web.StreamResponse:
        row["fault"] = rule.kind
        undo = self._undo(call) if rule.kind == "lose" else None
        return await play(
            request, rule, lambda: self._commit(method, call, row, undo), self.workspace.clock, self.later
        )

    def _commit(self, method: Method, call: Call, row: Json, undo: Callable[[Json], None] | None) -> web.Response:
        body = self.run(method, call, row)
        if undo is not None:
            undo(body)
        return self._respond(body)

    def run(self, method: Method, call: Call, row: Json) -> Json:
        """Run a method and write down what became of it."""
        try:
            body = method(call)
        except Refusal as refusal:
            body = _refused(refusal)
        row["outcome"] = "ok" if body["ok"] else body["error"]
        if "ts" in body:
            row["ts"] = body["ts"]
        self.workspace.stir()
        return body

    def _admitted(self, name: str, token: str) -> Method:
        method = METHODS.get(name)
        if method is None:
            raise Refusal("unknown_method", req_method=name)
        if method.token == "none":
            return method
        if not token:
            raise Refusal("not_authed")
        if token not in self.tokens:
            raise Refusal("invalid_auth")
        if self.tokens[token] != method.token:
            raise Refusal("not_allowed_token_type")
        return method

    def _respond(self, body: Json) -> web.Response:
        granted = scopes(self.workspace.manifest)
        return _answer(body, {"x-oauth-scopes": ",".join(sorted(granted))} if granted else {})

    def _undo(self, call: Call) -> Callable[[Json], None]:
        """What takes a call's message back again, so that an answer of ok turns out to be untrue."""
        channel, ts = self.workspace.channel(call.text("channel")), call.text("ts")
        before = self.workspace.messages[channel.id].get(ts) if channel else None

        def undo(body: Json) -> None:
            if before is not None:
                self.workspace.put_message(before)
            elif "ts" in body:
                self.workspace.drop_message(body["channel"], body["ts"])
                self.workspace.count_replies(body["channel"], body["message"].get("thread_ts", ""))

        return undo


def too_many(retry_after: str) -> web.Response:
    """HTTP 429, as Slack answers a call beyond its rate."""
    return _answer({"ok": False, "error": "ratelimited"}, {"Retry-After": retry_after}, 429)


def _answer(body: Json, headers: dict[str, str] | None = None, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


def _refused(refusal: Refusal) -> Json:
    return {"ok": False, "error": refusal.error, **refusal.extra}


def token_of(request: web.Request, arguments: Json) -> str:
    """The bearer token, or the `token` argument."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else str(arguments.get("token", ""))


async def merged(request: web.Request) -> Json:
    """Query, form and JSON arguments in one; the body wins over the query.

    Raises Refusal with invalid_json or json_not_object.
    """
    arguments: Json = dict(request.query)
    if "json" in request.content_type:
        return arguments | _object(await request.text())
    return arguments | {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _object(text: str) -> Json:
    try:
        body = json.loads(text or "{}")
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(body, dict):
        raise Refusal("json_not_object")
    return body
