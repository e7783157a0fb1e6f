"""A running workbench for each test, and the real slack_sdk client that talks to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench

Starter = Callable[..., Awaitable[Workbench]]
Connector = Callable[[Workbench, AsyncApp], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would send even loopback calls through a proxy named in the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def start() -> AsyncIterator[Starter]:
    """Starts workbenches with settings of the test's choice and stops them all afterwards."""
    running: list[Workbench] = []

    async def starting(**settings: Any) -> Workbench:
        running.append(await Workbench.start(**settings))
        return running[-1]

    yield starting
    for workbench in running:
        await workbench.stop()


@pytest.fixture
async def workbench(start: Starter) -> Workbench:
    """A workbench in memory that limits no rates."""
    return await start(rate_limits=False)


def client_of(workbench: Workbench) -> AsyncWebClient:
    """The SDK's client for a workbench, without its retry that posts twice."""
    return AsyncWebClient(token=workbench.bot_token, base_url=workbench.api_url, retry_handlers=[])


@pytest.fixture
def client(workbench: Workbench) -> AsyncWebClient:
    """The SDK's client for the test's workbench."""
    return client_of(workbench)


@pytest.fixture
async def connect() -> AsyncIterator[Connector]:
    """Connects a Bolt app over Socket Mode and closes it afterwards."""
    handlers: list[AsyncSocketModeHandler] = []

    async def connecting(workbench: Workbench, app: AsyncApp) -> None:
        # Bolt's listeners use the app's client, the handler opens its connection with one of its own.
        opener = AsyncWebClient(base_url=workbench.api_url)
        handlers.append(AsyncSocketModeHandler(app, workbench.app_token, web_client=opener))
        await handlers[-1].connect_async()  # type: ignore[no-untyped-call]

    yield connecting
    for handler in handlers:
        await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    """A Bolt app of the test's workbench."""
    return AsyncApp(client=client)
