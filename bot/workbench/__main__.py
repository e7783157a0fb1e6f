"""The command line of the workbench: start it, say where it listens, run until told to end."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from bot.workbench import roster
from bot.workbench.server import Workbench


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser("python -m bot.workbench", description="A local stand-in for a Slack workspace.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8090, help="port to listen on; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="folder that keeps the workspace over restarts")
    parser.add_argument("--manifest", type=Path, help="the app's manifest as JSON")
    parser.add_argument("--channel", action="append", help="a channel's name; may be given several times")
    parser.add_argument("--bot-token", default="xoxb-workbench")
    parser.add_argument("--app-token", default="xapp-workbench")
    parser.add_argument("--signing-secret", default="workbench-signing-secret")
    parser.add_argument("--no-rate-limits", action="store_true", help="never answer 429 by itself")
    parser.add_argument("--dedupe", action="store_true", help="treat a repeated client_msg_id as a duplicate")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args(given)


async def serve(options: argparse.Namespace) -> None:
    """Listen, say so in one line of JSON, and wait for the end."""
    workbench = await Workbench.start(
        options.port,
        options.host,
        state=options.state,
        manifest=json.loads(options.manifest.read_text()) if options.manifest else None,
        channels=options.channel or roster.DEFAULT_CHANNELS,
        rate_limits=not options.no_rate_limits,
        client_msg_id_dedupe=options.dedupe,
        bot_token=options.bot_token,
        app_token=options.app_token,
        signing_secret=options.signing_secret,
    )
    # Whoever reads the line may end the workbench at once, so it listens for that first.
    end = _ending(options.exit_with_parent)
    print(json.dumps({"listening": workbench.url, "api": workbench.api_url}), flush=True)
    try:
        await end.wait()
    finally:
        await workbench.stop()


def _ending(with_parent: bool) -> asyncio.Event:
    """Set when the process is interrupted or terminated, or its standard input ends."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    if with_parent:
        _watch_parent(loop, end)
    return end


def _watch_parent(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    def ended() -> None:
        # Whatever the parent writes is of no interest; only its end of file is.
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin)
            end.set()

    loop.add_reader(sys.stdin, ended)


def main() -> None:
    """Run until interrupted, terminated or, if asked for, orphaned."""
    options = arguments()
    try:
        asyncio.run(serve(options))
    except OSError as error:
        sys.exit(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}")


if __name__ == "__main__":
    main()
