"""Why an alert was told."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import compose
from bot.core.facts import AlertStory, ask
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import PostLine, Story
from bot.core.message import Bullets, Figures, Heading, Message, Paragraph
from bot.core.parts import Line, Moment, say, strong


@dataclass(frozen=True)
class Facts:
    story: Story | None = ask(AlertStory())


@command("ops", verb="why", usage="A-1042")
def why(request: Request, facts: Facts) -> Reply:
    """Tells from the records why an alert fired, on which facts, where it was shown, and what happened since."""
    if facts.story is None:
        raise Refused(say("Name an alert that exists, such as /ops why A-1042. /ops alerts lists the open ones."))
    alert = facts.story.alert
    title = say(f"A-{alert.number} · ", alert.title)
    blocks = (
        Heading(f"Why A-{alert.number}"),
        Paragraph(say(strong(f"{alert.severity.upper()} "), alert.title, f" · rule {alert.rule}, now {alert.state}")),
        *((Figures(tuple((name, say(value)) for name, value in facts.story.facts)),) if facts.story.facts else ()),
        Heading("What happened"),
        Bullets(compose.happened(facts.story.log)),
        Heading("Where it shows"),
        Bullets(tuple(_posted(post) for post in facts.story.posts) or (say("nowhere yet"),)),
    )
    return Reply(Message(title, blocks), share=True)


def _posted(post: PostLine) -> Line:
    since = say(" since ", Moment(post.shown_at)) if post.shown_at else ()
    return say(f"{post.channel}: {post.state}", since, f" ({post.reason})" if post.reason else "")
