"""A Slack workspace for the laptop: Web API, Socket Mode and signed HTTP towards the app, and a page for people."""

from bot.workbench.clock import ManualClock
from bot.workbench.server import Workbench

__all__ = ["ManualClock", "Workbench"]
