"""Socket Mode: up to ten WebSocket connections of the app, each envelope going to one of them and awaiting its ack."""

import asyncio
import json
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.workbench import roster
from bot.workbench.journal import Json
from bot.workbench.state import Workspace

CONNECTIONS = 10
# What Slack gives as the life of a connection, in seconds; the workbench itself closes none by age.
CONNECTION_SECONDS = 18_060


class Unanswered(Exception):
    """The app did not answer a delivery; the text is Slack's reason for its next attempt."""


@dataclass
class Sockets:
    """The app's open connections, oldest first, and the envelopes that wait for their ack."""

    workspace: Workspace
    ack_seconds: float
    open: list[web.WebSocketResponse] = field(default_factory=list)
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _turn: int = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection; its ticket from apps.connections.open is good once."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.workspace.tickets:
            return web.Response(status=404, text="unknown or used ticket")
        self.workspace.tickets.discard(ticket)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        if len(self.open) >= CONNECTIONS:
            await _farewell(connection, "too_many_websockets")
            await connection.close()
            return connection
        await self._listen(connection)
        return connection

    async def _listen(self, connection: web.WebSocketResponse) -> None:
        self.open.append(connection)
        try:
            await connection.send_json(self._hello())
            self.workspace.stir()
            async for received in connection:
                if received.type == WSMsgType.TEXT:
                    self._acknowledge(received.data)
        finally:
            if connection in self.open:
                self.open.remove(connection)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {
                "host": "workbench",
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
            "connection_info": {"app_id": roster.APP_ID},
        }

    def _acknowledge(self, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            return
        waiter = self.waiting.get(ack.get("envelope_id", "")) if isinstance(ack, dict) else None
        if waiter is not None and not waiter.done():
            waiter.set_result(ack.get("payload") or {})

    async def send(self, kind: str, payload: Json, attempt: int = 0, reason: str = "") -> Json:
        """Send one envelope over one connection and give back what its ack carried.

        Raises Unanswered when no ack came in time or the connection broke.
        """
        envelope_id = self.workspace.name("envelope-")
        envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        self.waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            self._turn += 1
            connection = self.open[self._turn % len(self.open)]
            await connection.send_json(envelope)
            return await asyncio.wait_for(self.waiting[envelope_id], self.ack_seconds)
        except TimeoutError:
            raise Unanswered("timeout") from None
        except ConnectionError:
            raise Unanswered("connection_failed") from None
        finally:
            del self.waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested", *, close: bool = True) -> int:
        """Tell every connection to go, as Slack does; a mere warning leaves them open. Gives how many were told."""
        told = list(self.open)
        for connection in told:
            await _farewell(connection, reason)
            if close:
                self.open.remove(connection)
                await connection.close()
        return len(told)

    async def close(self) -> None:
        """Close what is open, without a word."""
        for connection in list(self.open):
            await connection.close()


async def _farewell(connection: web.WebSocketResponse, reason: str) -> None:
    try:
        await connection.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "workbench"}})
    except ConnectionError:
        # The other side left first; there is nobody to tell.
        return
