"""The tree of a rich_text block: sections, lists, quotes and code, and the words, links, people and dates within."""

from bot.workbench.shapes import Check, boolean, enum, integer, items, shape, string, variant

STYLE = shape(
    {}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight"), boolean)
)
STYLED = {"style": STYLE}

INLINE: dict[str, Check] = {
    "text": shape({"text": string("text.any")}, STYLED),
    "link": shape({"url": string("button.url")}, STYLED | {"text": string(), "unsafe": boolean}),
    "emoji": shape({"name": string("text.any")}, STYLED | {"unicode": string(), "skin_tone": integer()}),
    "user": shape({"user_id": string("text.any")}, STYLED),
    "usergroup": shape({"usergroup_id": string("text.any")}, STYLED),
    "channel": shape({"channel_id": string("text.any")}, STYLED),
    "team": shape({"team_id": string("text.any")}, STYLED),
    "broadcast": shape({"range": enum("here", "channel", "everyone")}, STYLED),
    "color": shape({"value": string("text.any")}, STYLED),
    "date": shape(
        {"timestamp": integer(), "format": string("text.any")},
        STYLED | {"url": string("button.url"), "fallback": string("text.any")},
    ),
}

_inline = variant(INLINE)
_section = shape({"elements": items(_inline)})

CONTAINERS: dict[str, Check] = {
    "rich_text_section": _section,
    "rich_text_list": shape(
        {"style": enum("bullet", "ordered"), "elements": items(variant({"rich_text_section": _section}))},
        {"indent": integer("rich_text_list.indent"), "offset": integer(), "border": integer("rich_text_list.border")},
    ),
    "rich_text_quote": shape({"elements": items(_inline)}, {"border": integer("rich_text_quote.border")}),
    "rich_text_preformatted": shape(
        {"elements": items(variant(INLINE, frozenset({"text", "link"})))},
        {"border": integer("rich_text_preformatted.border"), "language": string()},
    ),
}

RICH_TEXT = shape({"elements": items(variant(CONTAINERS))}, {"block_id": string("block_id")})
