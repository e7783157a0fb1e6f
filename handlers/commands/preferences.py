"""Opens what a member wants of the bot."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.facts import PreferencesOf, ask
from bot.core.handlers import Request, ShowForm, command
from bot.core.preferences import Preferences


@dataclass(frozen=True)
class Facts:
    wishes: Preferences = ask(PreferencesOf())


@command("ops", verb="preferences")
def preferences(request: Request, facts: Facts) -> ShowForm:
    """Opens your preferences: your department, when you are mentioned, and your own quiet hours."""
    given: dict[str, object] = {"department": facts.wishes.department, "mentions": facts.wishes.mentions}
    quiet = facts.wishes.quiet
    if quiet is not None:
        given |= {"starts": quiet.start, "ends": quiet.end, "weekdays": quiet.weekdays}
        given |= {"critical": ("critical",) if quiet.critical else ()}
    return ShowForm("preferences", given=given)
