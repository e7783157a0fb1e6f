"""The command line: verbs are found by being there, bad input is one clear line, and what is sent is signed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click
import pytest

from bot import cli
from bot.__main__ import floorwalker, main
from bot.catalog import Catalog
from bot.config import load
from bot.core.delivery import Delivery
from bot.core.dispatch import Post
from bot.core.message import Message
from bot.core.parts import say
from bot.core.shopfront import Shopfront
from bot.store import alerts, decisions, outbox, posts
from bot.store.engine import Store
from bot.workbench import Workbench
from tests.core.samples import NOW, SKU, opened

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
SECRETS = ("SHOPIFY_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET", "ERP_WEBHOOK_SECRET")
VERBS = floorwalker.list_commands(click.Context(floorwalker))

Told = tuple[int, str, str]
Run = Callable[..., Told]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder to work in, and nothing of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in (*SECRETS, "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "FLOORWALKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line; gives the exit code and what was printed and complained of."""

    def running(*arguments: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return running


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A config of two departments with a database of its own; its path."""
    file = tmp_path / "config.yaml"
    file.write_text(
        "departments: {warehouse: {channel: warehouse}, finance: {channel: finance}}\n"
        "sources: {shopify: {}, erp: {type: generic}}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/floor.db'}}\n"
    )
    return str(file)


def laid_out(tmp_path: Path) -> Store:
    store = Store.open(f"sqlite:///{tmp_path}/floor.db")
    store.migrate()
    return store


# The verbs.


def test_help_names_every_verb_with_its_sentence(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert {"check", "manifest", "parked", "rebuild", "schema", "send", "why"} <= set(VERBS)
    assert [verb for verb in VERBS if f"  {verb} " not in out] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(run: Run, verb: str) -> None:
    command = floorwalker.get_command(click.Context(floorwalker), verb)
    assert command is not None
    assert command.help, verb
    code, out, _ = run(verb, "--help")
    assert (code, "Usage: floorwalker" in out) == (0, True)


def test_without_a_verb_the_help_is_shown(run: Run) -> None:
    code, out, _ = run()
    assert (code, "Commands:" in out) == (0, True)


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    heavy = ("pydantic", "sqlalchemy", "aiohttp", "slack_sdk", "babel", "ruamel", "structlog", "bot.catalog", "bot.app")
    program = (
        "import sys\nfrom bot.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('heavy:', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=EXAMPLE.parent
    )
    assert done.stdout.endswith("heavy: []\n")


def test_a_verb_is_added_by_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run) -> None:
    (tmp_path / "greet.py").write_text(
        "import click\n@click.command()\ndef greet():\n    'Greets.'\n    click.echo('hello')\n"
    )
    monkeypatch.setattr(cli, "__path__", [*cli.__path__, str(tmp_path)])
    assert run("greet") == (0, "hello\n", "")
    monkeypatch.delitem(sys.modules, "bot.cli.greet")


def test_a_file_without_a_verb_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hollow.py").write_text("")
    monkeypatch.setattr(cli, "__path__", [*cli.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match=r"hollow\.py must hold exactly one click command, and has 0"):
        main(["hollow"])
    monkeypatch.delitem(sys.modules, "bot.cli.hollow")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("chekc",), "No such command 'chekc'"),
        (("check", "--nonsense"), "No such option"),
        (("why",), "Missing argument 'A-NUMBER'"),
        (("send", "shopify", "orders/create"), "there is no file config.yaml; copy config.example.yaml to it"),
    ],
)
def test_bad_input_is_one_clear_line(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("floorwalker: ")
    assert reason in err


def test_a_config_that_does_not_fit_is_told_line_by_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("departments: {a: {channel: 5}}\nshopz: 1\n")
    code, _, err = run("parked")
    assert code == 2
    assert [line.split(":")[1] for line in err.splitlines()[1:]] == ["1", "2"]


# check


def test_check_finds_a_fit_config_fit(run: Run, config: str) -> None:
    code, out, _ = run("check", "--demo")
    assert code == 0
    assert out.splitlines() == [
        f"{Path(config).name} fits for a demo",
        "departments: warehouse, finance, operations",
        "sources: shopify, erp",
        "permissions: none, so members may ask and nobody may do anything; see docs/permissions.md",
    ]
    Path(config).write_text(
        Path(config).read_text("utf-8") + "permissions: [{who: [everybody], may: [take]}]\n", "utf-8"
    )
    assert "permissions" not in run("check", "--demo")[1]


def test_check_lists_everything_that_is_missing(run: Run, config: str) -> None:
    code, out, _ = run("check")
    assert code == 1
    assert [name for name in ("SHOPIFY_WEBHOOK_SECRET", "ERP_WEBHOOK_SECRET") if name in out] == list(SECRETS[::2])


def test_check_tells_of_a_database_that_cannot_be_used(run: Run, tmp_path: Path, config: str) -> None:
    (tmp_path / "floor.db").write_bytes(b"this is no database, and long enough to be told from one" * 100)
    code, out, _ = run("check", "--demo")
    assert (code, out.startswith("database: ")) == (1, True)


async def test_check_asks_slack_for_every_channel(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workbench = await Workbench.start(0, channels=["warehouse"])
    try:
        with (tmp_path / "config.yaml").open("a") as file:
            file.write(f"slack: {{base_url: '{workbench.api_url}'}}\n")
        for name in SECRETS:
            monkeypatch.setenv(name, "s3cret")
        monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-workbench")
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-workbench")
        assert await asyncio.to_thread(run, "check") == (
            1,
            "slack: there is no channel #finance, or it is private and the bot is not in it\n",
            "",
        )
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-somebody-else")
        code, out, _ = await asyncio.to_thread(run, "check")
        assert (code, "slack: #warehouse cannot be read: invalid_auth" in out) == (1, True)
    finally:
        await workbench.stop()


async def test_check_says_what_a_bot_that_may_not_look_cannot_promise(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workbench = await Workbench.start(0, channels=["warehouse", "finance"])
    workbench.set_faults([{"method": "conversations.history", "kind": "error:missing_scope"}])
    try:
        with (tmp_path / "config.yaml").open("a") as file:
            file.write(f"slack: {{base_url: '{workbench.api_url}'}}\n")
        for name in SECRETS:
            monkeypatch.setenv(name, "s3cret")
        monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-workbench")
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-workbench")
        code, out, _ = await asyncio.to_thread(run, "check")
        assert code == 1
        assert "slack: the history of #warehouse may not be read (missing_scope)" in out
    finally:
        await workbench.stop()


async def test_check_tells_of_those_whom_escalations_cannot_call(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workbench = await Workbench.start(0, channels=["warehouse", "finance"])
    try:
        with (tmp_path / "config.yaml").open("a") as file:
            file.write(f"slack: {{base_url: '{workbench.api_url}'}}\n")
            called = ("finance", "U0ANNA", "U0NOBODY", "S0OPS", "S0GONE")
            file.write("escalations:\n" + "".join(f"  - {{after: 2h, to: {name}}}\n" for name in called))
        for name in SECRETS:
            monkeypatch.setenv(name, "s3cret")
        monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-workbench")
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-workbench")
        assert await asyncio.to_thread(run, "check") == (
            1,
            "".join(
                f"slack: {who}, whom escalations call, is no {what}\n"
                for who, what in (
                    ("U0NOBODY", "member of the workspace"),
                    ("S0GONE", "user group of the workspace, or is disabled"),
                )
            ),
            "",
        )
        workbench.set_faults([{"method": "usergroups.list", "kind": "error:missing_scope", "times": 9}])
        _, out, _ = await asyncio.to_thread(run, "check")
        assert "slack: S0OPS, whom escalations call, could not be looked for: missing_scope" in out
    finally:
        await workbench.stop()


async def test_check_tells_of_those_whom_permissions_name_and_slack_does_not_know(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workbench = await Workbench.start(0, channels=["warehouse", "finance"])
    try:
        with (tmp_path / "config.yaml").open("a") as file:
            file.write(f"slack: {{base_url: '{workbench.api_url}'}}\n")
            named = '[everybody, unknown, U0ANNA, U0NOBODY, S0OPS, S0GONE, "@finance-team", "@finance-tem"]'
            file.write(f"permissions: [{{who: {named}, may: [take]}}]\n")
        for name in SECRETS:
            monkeypatch.setenv(name, "s3cret")
        monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-workbench")
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-workbench")
        code, out, err = await asyncio.to_thread(run, "check")
        assert (code, err) == (1, "")
        assert out.splitlines() == [
            "slack: U0NOBODY, whom permissions name, is no member of the workspace",
            "slack: S0GONE, whom permissions name, is no user group of the workspace, or is disabled",
            "slack: @finance-tem, whom permissions name, is no user group of the workspace, or is disabled; did you mean '@finance-team'?",
        ]
    finally:
        await workbench.stop()


# manifest and schema


def test_the_manifest_names_the_commands_that_are_switched_on(run: Run, config: str) -> None:
    names = [one["command"] for one in json.loads(run("manifest")[1])["features"]["slash_commands"]]
    assert {"/stock", "/ops"} <= set(names)
    with Path(config).open("a") as file:
        file.write("commands: {stock: off}\n")
    assert "/stock" not in run("manifest")[1]


def test_a_manifest_for_http_needs_to_know_the_address(run: Run, config: str) -> None:
    with Path(config).open("a") as file:
        file.write("slack: {mode: http}\n")
    assert run("manifest")[::2] == (
        2,
        "floorwalker: mode http needs listen.public_url in the config, the address at which Slack reaches this machine\n",
    )
    with Path(config).open("a") as file:
        file.write("listen: {public_url: 'https://floor.example.com/'}\n")
    assert "https://floor.example.com/slack/events" in run("manifest")[1]


def test_more_commands_than_slack_takes_are_told(run: Run, config: str, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "__init__.py").write_text("")
    source = "from bot.core.handlers import Reply, Request, command\n"
    source += "def tea(request: Request) -> Reply:\n    'Tea.'\n    raise ValueError\n"
    source += "globals().update({f't{n}': command(f't{n}')(tea) for n in range(51)})\n"
    (tmp_path / "private" / "tea.py").write_text(source)
    with Path(config).open("a") as file:
        file.write("handlers: [handlers, private]\n")
    code, _, err = run("manifest")
    assert (code, "slash commands, and Slack takes 50" in err) == (2, True)


def test_the_schema_is_json_and_knows_the_settings_of_rules(run: Run) -> None:
    schema = json.loads(run("schema")[1])
    assert "margin_days" in json.dumps(schema["properties"]["rules"]["properties"]["low_stock"])


def test_a_schema_of_handlers_that_are_not_there_is_refused(run: Run) -> None:
    code, _, err = run("schema", "--handlers", "no_such_package")
    assert (code, "there is no such package" in err) == (2, True)


# send


@dataclass
class Receiver:
    """A bot's door that answers with a status and keeps what came."""

    status: int = 200
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.came.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(kept.status)
            self.end_headers()
            self.wfile.write(b"as told")

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    kept.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("source", "event", "kind", "secret"),
    [
        ("shopify", "orders/create", "shopify", "demo-secret-shopify"),
        ("erp", "stock.changed", "generic", None),
    ],
)
def test_what_is_sent_is_signed_as_the_platform_would(
    run: Run, config: str, receiver: Receiver, source: str, event: str, kind: str, secret: str | None
) -> None:
    assert run("send", source, event, "--url", f"http://127.0.0.1:{receiver.port}/") == (0, "200 as told\n", "")
    ((path, headers, body),) = receiver.came
    ours = load(config, {}, demo=True)
    assert path == f"/webhooks/{source}"
    assert secret in (None, ours.sources[source].secrets[0])
    now = datetime.fromtimestamp(time.time(), UTC)
    platform, place = Catalog.scan(("handlers",)).sources[kind], Shopfront(source, "shop")
    delivery = Delivery(source, headers, body, now)
    platform.verify(delivery, ours.sources[source].secrets, now, place)
    assert platform.parse(delivery, place)


def test_a_form_is_sent_as_one(run: Run, config: str, receiver: Receiver) -> None:
    text = Path(config).read_text("utf-8")
    Path(config).write_text(text.replace("erp:", "mailchimp: {}, erp:"), "utf-8")
    assert run("send", "mailchimp", "cleaned", "--url", f"http://127.0.0.1:{receiver.port}")[0] == 0
    ((_, headers, body),) = receiver.came
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert body.startswith(b"type=cleaned&fired_at=20")


def test_no_two_samples_are_the_same_order(run: Run, config: str, receiver: Receiver) -> None:
    for _ in range(2):
        run("send", "shopify", "orders/create", "--url", f"http://127.0.0.1:{receiver.port}")
    first, second = (json.loads(body)["id"] for _, _, body in receiver.came)
    assert first != second


def test_a_refusal_is_told_and_is_a_failure(run: Run, config: str, receiver: Receiver) -> None:
    receiver.status = 401
    assert run("send", "shopify", "orders/create", "--url", f"http://127.0.0.1:{receiver.port}") == (
        1,
        "401 as told\n",
        "",
    )


def test_without_an_event_the_samples_are_listed(run: Run, config: str) -> None:
    code, out, _ = run("send", "shopify")
    assert (code, "shopify orders/create" in out.splitlines()) == (0, True)
    assert {line.split()[0] for line in run("send")[1].splitlines()} == {"shopify", "erp"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("shopifi", "orders/create"), "the config has no source 'shopifi'; did you mean 'shopify'?"),
        (("shopify", "orders/creat"), "there is no sample 'orders/creat' of shopify; did you mean 'orders/create'?"),
        (("shopify", "orders/create", "--url", "ftp://x"), "'ftp://x' is no address such as http://127.0.0.1:8080"),
        (("shopify", "orders/create", "--url", "http://127.0.0.1:9"), "is `floorwalker serve` running?"),
    ],
)
def test_what_cannot_be_sent_is_told(run: Run, config: str, arguments: tuple[str, ...], reason: str) -> None:
    code, _, err = run("send", *arguments)
    assert (code, reason in err) == (2, True), err


# rebuild, parked and why


def test_a_database_without_tables_is_told(run: Run, config: str) -> None:
    code, _, err = run("parked")
    assert (code, "start the bot once" in err) == (2, True)


def test_rebuild_tells_how_many_events_it_applied(run: Run, config: str, tmp_path: Path) -> None:
    laid_out(tmp_path).close()
    assert run("rebuild") == (0, "0 events applied\n", "")


def test_nothing_parked_is_said_so(run: Run, config: str, tmp_path: Path) -> None:
    laid_out(tmp_path).close()
    assert run("parked") == (0, "nothing is parked\n", "")


def _parked(store: Store) -> Post:
    with store.write() as connection:
        posts.want(connection, "#finance", "alert/1", Message(say("late"), ()), urgency=1, now=NOW)
    with store.write() as connection:
        (claimed,) = outbox.claim(connection, NOW, 1)
        assert outbox.save(connection, replace(claimed.post, state="parked", reason="not_in_channel"))
    return claimed.post


def test_a_parked_post_is_listed_and_can_be_released(run: Run, config: str, tmp_path: Path) -> None:
    store = laid_out(tmp_path)
    post = _parked(store)
    store.close()
    assert run("parked")[1] == f"{post.id}  #finance  alert/1  {NOW:%Y-%m-%d %H:%MZ}  not_in_channel\n"
    assert run("parked", "--release", post.id) == (0, f"{post.id} will be tried again\n", "")
    assert run("parked")[1] == "nothing is parked\n"
    assert run("parked", "--release", post.id)[::2] == (2, f"floorwalker: there is no parked post {post.id}\n")
    assert run("parked", "--release", "all") == (0, "nothing is parked\n", "")


@pytest.mark.parametrize(
    ("alert", "told"), [("A-7", "There is no A-7.\n"), ("tea", "tea is no alert's number. /ops whynot tea tells what")]
)
def test_an_alert_that_is_not_there_is_told(run: Run, config: str, tmp_path: Path, alert: str, told: str) -> None:
    laid_out(tmp_path).close()
    code, _, err = run("why", alert)
    assert (code, err.startswith(f"floorwalker: {told}")) == (2, True), err


@dataclass(frozen=True)
class Facts:
    sold: int = 3


def test_why_tells_the_story_of_an_alert(run: Run, config: str, tmp_path: Path) -> None:
    store = laid_out(tmp_path)
    with store.write() as connection:
        alert = opened()
        grounds = decisions.Grounds("StockChanged from shopify", '[["sold", "3"]]')
        alerts.save(connection, alert, "opened", "U0DEV", say("it sells fast"), NOW, grounds=grounds)
        why = say("it sells fast")
        made = decisions.decided("demo", "low_stock", SKU, "fire", why, Facts(), NOW, alert.number)
        decisions.note(connection, [made])
        posts.want(connection, "#finance", posts.alert_key(1042), Message(say("x"), ()), urgency=1, now=NOW)
    store.close()
    code, out, err = run("why", "a-1042")
    assert (code, err, out.splitlines()) == (
        0,
        "",
        [
            "",
            "Why A-1042",
            "HIGH Hoodie runs out · rule low_stock, now firing",
            "Opened Mon 23 Nov 10:00 UTC on StockChanged from shopify",
            "  sold  3",
            "",
            "What happened",
            "  - Mon 23 Nov 10:00 UTC  opened by @U0DEV: it sells fast",
            "",
            "Where it went",
            "  - #finance: wanted",
        ],
    )


def test_a_silence_is_laid_listed_and_ended(run: Run, config: str, tmp_path: Path) -> None:
    laid_out(tmp_path).close()
    assert run("silence") == (0, "nothing is silent\n", "")
    code, out, err = run(
        "silence", "low_*", "--subject", "MUG", "--for", "4h", "--because", "moving house", "--by", "Ute"
    )
    assert (code, err) == (0, "")
    assert out.startswith("S-1: rule low_* on MUG until ")
    assert out.endswith("by Ute: moving house\nIt keeps 0 open alerts quiet now.\n")
    assert run("silence")[1] == out.splitlines(keepends=True)[0]
    assert run("silence", "--end", "s-1") == (0, "S-1 is over; 0 alerts it kept quiet can be seen now\n", "")
    assert run("silence") == (0, "nothing is silent\n", "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("low_stock",), 'say for how long, such as --for "4h"'),
        (("--subject", "MUG"), 'say for how long, such as --for "4h"'),
        (("low_stock", "--for", "soon", "--because", "x"), "--for must be a duration such as"),
        (("low_stock", "--for", "9999999999d", "--because", "x"), "--for "),
        (("low_stock", "--for", "4h"), "say why, so that others know"),
        (("--for", "4h", "--because", "x"), "name a rule or a subject"),
        (("--end", "S-7"), "there is no silence S-7"),
        (("--end", "tea"), "there is no silence tea"),
    ],
)
def test_a_silence_that_cannot_be_is_told(
    run: Run, config: str, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    laid_out(tmp_path).close()
    code, out, err = run("silence", *arguments)
    assert (code, out) == (2, "")
    assert why in err


def test_an_exercise_is_started_for_a_department(run: Run, config: str, tmp_path: Path) -> None:
    laid_out(tmp_path).close()
    code, out, err = run("drill", "warehouse", "--rule", "low_stock", "--for", "10m", "--by", "Ute")
    assert (code, err) == (0, "")
    assert out.startswith("A-1001 is an exercise for warehouse. It ends by itself at ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("warehous",), "there is no department 'warehous'; did you mean 'warehouse'?"),
        (("warehouse", "--rule", "low_stok"), "there is no rule 'low_stok'; did you mean 'low_stock'?"),
        (("warehouse", "--for", "soon"), "--for must be a duration such as"),
        (("warehouse", "--for", "0m"), "--for must be more than nothing and at most 1 day"),
        (("warehouse", "--for", "25h"), "--for must be more than nothing and at most 1 day"),
    ],
)
def test_an_exercise_that_cannot_be_is_told(
    run: Run, config: str, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    laid_out(tmp_path).close()
    code, out, err = run("drill", *arguments)
    assert (code, out) == (2, "")
    assert why in err
