"""What the manuals of the sources tell people to type is typed: at their own config, a bot that listens, and the platforms
as they are played."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import shlex
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.catalog import Catalog
from bot.cli._common import loaded
from bot.clock import Clock
from bot.config import Config
from bot.core.polling import Api
from bot.core.shopfront import Shopfront
from bot.demo.stores import Stand
from bot.edge.fetch import Fetcher
from bot.edge.intake import PREFIX, Door, Webhooks
from bot.edge.metrics import Meters
from bot.edge.server import HttpServer
from bot.edge.stand import Stands
from bot.mind import front
from bot.store import inbox
from bot.store.engine import Store
from bot.store.intake import Intake
from tests.test_docs import CATALOG, ROOT, blocks, code

PAGES = sorted((ROOT / "docs/sources").glob("*.md"))
EACH = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])

# What a page leaves to its reader, and what the played platforms are called.
FILLED_IN: Mapping[str, str] = {
    "your-shop.myshopify.com": "leaf.myshopify.com",
    "a6b5da1054": "7e1ab2c3d4",
}
OPTIONS: Mapping[str, str] = {"magento": "      events: [sales.order.saved]\n"}
SECRETS: Mapping[str, str] = {
    "GENERIC_WEBHOOK_SECRET": "one kettle & two pots",
    "KLAVIYO_WEBHOOK_SECRET": "two cups of tea, please",
    "WOOCOMMERCE_WEBHOOK_SECRET": "tea & cake",
    "MAGENTO_WEBHOOK_SECRET": "spice-verification",
}
CONFIG = """\
departments: {{operations: {{channel: ops}}}}
shops: {{main: {{currency: GBP, zone: Europe/London}}}}
store: {{url: "sqlite:///{folder}/floor.db"}}
listen: {{port: {port}, public_url: "https://bot.example.org"}}
{sources}"""


def commands(page: Path) -> list[str]:
    """What is to be typed: the commands of shell blocks, some of them of several lines, and those within sentences."""
    found, open_lines = [], ""
    for line in "".join(blocks(page, "sh")).splitlines():
        open_lines += line.strip() + "\n"
        try:
            shlex.split(open_lines)
        except ValueError:
            continue
        if not open_lines.endswith("\\\n"):
            found.append(open_lines.strip())
            open_lines = ""
    assert not open_lines, f"{page.name}: this does not end: {open_lines}"
    spans = [span for span in code(page) if span.startswith("floorwalker ")]
    return list(dict.fromkeys(found + spans))


def filled_in(text: str) -> str:
    for name, value in FILLED_IN.items():
        text = text.replace(name, value)
    return text


def played(name: str) -> Any:
    """The module that plays the platform; none for the generic source, which has none."""
    return importlib.import_module(f"bot.demo.stores.{name}") if name != "generic" else None


def api_of(name: str) -> Api:
    found = CATALOG.sources[name].api
    assert found is not None
    return found


def stand_of(name: str) -> Stand | None:
    module = played(name)
    if module is None:
        return None
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    stand: Any = next(kind() for kind in kinds if hasattr(kind, "answer"))
    if hasattr(stand, "offered"):
        # An app to which its platform offers all that the manual lists.
        stand.offered = api_of(name).wanted(Shopfront(name, "main"))
    found: Stand = stand
    return found


@dataclass
class Desk:
    """A folder with the page's config, an environment as the page asks for it, and what came in."""

    config: Config
    env: dict[str, str]
    store: Store
    hosts: dict[str, str]

    async def types(self, command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
        """The exit code of a command, and what it said."""
        if command.startswith("floorwalker "):
            status = await asyncio.to_thread(_called, shlex.split(command)[1:])
            return status, capsys.readouterr().out
        port = self.config.listen[1]
        command = command.replace("https://YOUR-HOST/webhooks", f"http://127.0.0.1:{port}/webhooks", 1)
        for host, address in self.hosts.items():
            command = command.replace(f"https://{host}", f"-H 'Host: {host}' {address}")
        shell = await asyncio.create_subprocess_exec(
            "sh", "-ec", command.replace("curl ", "curl --silent --fail-with-body --noproxy '*' "),
            env={"PATH": os.environ["PATH"], **self.env}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await shell.communicate()
        return shell.returncode or 0, said.decode()

    def understood(self) -> list[Any]:
        """The events of all deliveries that came in."""
        with self.store.read() as connection:
            waiting = inbox.waiting(connection, "main", 100)
        sources = {name: CATALOG.sources[each.type] for name, each in self.config.sources.items()}
        return [
            event
            for one in waiting
            for event in sources[one.delivery.source].parse(one.delivery, front(self.config, one.delivery.source))
        ]


def _called(argv: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    return int(ended.value.code or 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(page: Path, sources: str) -> dict[str, str]:
    """A value for each variable that the page's config names: a key that the played platform takes, or a secret."""
    module = played(page.stem)
    keys = getattr(module, "KEYS", None) or getattr(module, "CLIENT", {})
    named = dict(re.findall(r"(\w+): ([A-Z][A-Z0-9_]+)\b", sources))
    found = {variable: keys[key] for key, variable in named.items() if key in keys}
    secrets = re.findall(r"secrets: \[([A-Z0-9_]+)\]", sources)
    return {variable: SECRETS.get(variable, "whsec_a-secret-of-the-shop") for variable in secrets} | found


@asynccontextmanager
async def desk(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    clock, stand = Clock(), stand_of(page.stem)
    sources = filled_in(next(block for block in blocks(page, "yaml") if block.startswith("sources:")))
    sources = sources.replace("    options:\n", f"    options:\n{OPTIONS.get(page.stem, '')}", 1)
    env = _environment(page, sources)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder, port=_free_port(), sources=sources))
    config = loaded(folder / "config.yaml", demo=True)
    doors = {
        name: Door(CATALOG.sources[each.type], each.secrets, front(config, name), each.max_bytes)
        for name, each in config.sources.items()
    }
    stands = Stands([stand] if stand else [], clock)
    reroute = await stands.start()
    opened = Fetcher.open
    monkeypatch.setattr(Fetcher, "open", lambda clock, **more: opened(clock, **{**more, "reroute": reroute}))
    store = Store.open(config.store_url)
    store.migrate()
    intake = Intake(store)
    intake.start()
    server = HttpServer({PREFIX: Webhooks(doors, intake, clock, Meters()).handle})
    await server.start("127.0.0.1", config.listen[1])
    try:
        yield Desk(config, env, store, reroute)
    finally:
        await server.stop()
        await stands.stop()
        intake.stop()
        store.close()


@EACH
async def test_every_command_of_a_manual_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    told = commands(page)
    assert told, f"{page.name} has no command"
    for tool in ("curl", "openssl"):
        if any(tool in command for command in told) and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    async with desk(page, tmp_path, monkeypatch) as at:
        for command in told:
            status, said = await at.types(filled_in(command), capsys)
            assert (status, bool(said.strip())) == (0, True), f"{page.name}: {command}\n{said}"
            if " connect " in command:
                assert " active " in said and "missing" not in said and "disabled" not in said
        # What cannot be sent by anybody but the platform is a list of samples alone.
        sent = [command for command in told if re.search(r"floorwalker send \S+ \S|/webhooks/generic", command)]
        assert bool(at.understood()) == bool(sent)


@EACH
def test_a_manual_says_what_to_click_which_rights_are_needed_and_what_is_lost_without_polling(page: Path) -> None:
    text = page.read_text("utf-8")
    source = Catalog.scan(("handlers",)).sources[page.stem]
    assert f"https://YOUR-HOST/webhooks/{page.stem}" in text or page.stem == "magento"
    if source.api is None:
        return
    assert "→" in text or "dashboard" in text.lower()
    assert re.search(r"scope|[Pp]ermission|resources|restricted key|feature \*\*|right to", text)
    assert re.search("^##+ What is lost without polling$", text, re.MULTILINE)
    for stream in source.api.streams:
        if page.stem != "woocommerce":
            assert f"| `{stream.name}` |" in text, stream.name


def test_a_command_may_have_several_lines(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Type `floorwalker a b`.\n\n   ```sh\n   one 'two\n   three'\n   four \\\n     five\n   ```\n")
    assert commands(page) == ["one 'two\nthree'", "four \\\nfive", "floorwalker a b"]
