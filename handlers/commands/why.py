"""Why an alert was told."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import compose
from bot.core.facts import AlertsOpen, AlertStory, ask
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import AlertLine, Ground, PlaceLine, PostLine, Story
from bot.core.message import Block, Bullets, Figures, Heading, Message, Paragraph
from bot.core.parts import Line, Moment, ShopText, say, strong
from bot.core.typed import number_in, unnamed


@dataclass(frozen=True)
class Facts:
    story: Story | None = ask(AlertStory())
    open: tuple[AlertLine, ...] = ask(AlertsOpen(anywhere=True))


@command("ops", verb="why", usage="A-1042")
def why(request: Request, facts: Facts) -> Reply:
    """Tells from the records why an alert fired, on which event and facts, where each department's view of it went and
    by which route, what kept it from being shown, and what happened since."""
    story = facts.story
    if story is None:
        raise _refused(request.text.strip(), facts.open)
    alert = story.alert
    title = say(f"A-{alert.number} · ", alert.title)
    blocks = (
        Heading(f"Why A-{alert.number}"),
        Paragraph(say(strong(f"{alert.severity.upper()} "), alert.title, f" · rule {alert.rule}, now {alert.state}")),
        *_grounds(story.ground),
        Heading("What happened"),
        Bullets(compose.happened(story.log)),
        Heading("Where it went"),
        Bullets((*map(_placed, story.places), *map(_posted, story.posts)) or (say("nowhere yet"),)),
    )
    return Reply(Message(title, blocks), share=True)


def _refused(text: str, open: tuple[AlertLine, ...]) -> Refused:
    if not text or number_in(text)[0] is not None:
        return unnamed(text, open)
    other = say(" tells what was decided on a SKU, a campaign or an order.")
    return Refused(say(ShopText(text), " is no alert's number. ", strong("/ops whynot "), ShopText(text), other))


def _grounds(ground: Ground | None) -> tuple[Block, ...]:
    if ground is None:
        return ()
    on = f" on {ground.event}" if ground.event else " because time had passed"
    line = Paragraph(say(strong(ground.change.capitalize()), " ", Moment(ground.at), on))
    figures = tuple((name, say(ShopText(value))) for name, value in ground.facts)
    return (line, Figures(figures)) if figures else (line,)


def _placed(place: PlaceLine) -> Line:
    where = f"{place.department}: {place.channel or 'nowhere'}, {place.route}"
    return say(where, f"; {place.muted}" if place.muted else "")


def _posted(post: PostLine) -> Line:
    since = say(" since ", Moment(post.shown_at)) if post.shown_at else ()
    return say(f"{post.channel}: {post.state}", since, f" ({post.reason})" if post.reason else "")
