"""What the page draws: every block and element, marked-up text, charts, tables, and text that tries to be more."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.workbench import Workbench
from tests.workbench.page_fixtures.browser import message, needs_browser, opened, put_blocks, story, tell

pytestmark = needs_browser

BLOCKS = {
    "markdown": "li li:has-text('nested')",
    "divider": "hr",
    "image": "[role=img][aria-label='A shelf map']",
    "data_visualization": "svg[role=img][aria-label*='area chart of Email, Ads']",
    "card": "article button:has-text('Open')",
    "carousel": "article >> nth=1",
    "container": "details[open] :text('Inside the container')",
    "rich_text": "blockquote:has-text('A quoted note')",
    "section": "input[type=checkbox] >> nth=1",
    "actions": "input[type=date]",
    "hologram": ".unknown:has-text('hologram')",
}
INLINE = [
    ("strong", "bold"),
    ("em", "italic"),
    ("del", "gone"),
    ("code", "code"),
    ("a[href='https://example.com/x'][rel~=noopener][target=_blank]", "a link"),
    (".mention", "#finance"),
    (".mention-all", "@here"),
    (".emoji", "🎉"),
]


@pytest.fixture
async def told(workbench: Workbench) -> dict[str, Any]:
    """The story, told to the workbench."""
    parts = story(workbench.clock.now())
    tell(workbench, parts)
    return parts


@pytest.mark.usefixtures("told")
async def test_every_block_is_drawn_by_its_own_renderer_and_an_unknown_one_is_named(workbench: Workbench) -> None:
    async with opened(workbench, "C0OPS") as page:
        for kind, inside in BLOCKS.items():
            await expect(page.locator(f"[data-block={kind}]").locator(inside).first).to_be_attached()
        for tag, text in INLINE:
            await expect(page.locator(f"[data-block=rich_text] {tag}").filter(has_text=text)).to_be_visible()


@pytest.mark.usefixtures("told")
async def test_an_alert_shows_its_title_figures_buttons_thread_and_edit(workbench: Workbench) -> None:
    async with opened(workbench, "C0WAREHOUSE") as page:
        alert = message(page, "Blue Hoodie M (SKU-123) runs out")
        title = alert.locator("[data-block=rich_text]").first
        await expect(title).to_have_text("HIGH 🔴 · Blue Hoodie M (SKU-123) runs out Thu, Spring Sale ends Sun")
        await expect(alert).to_contain_text("Cover  4.4 d, was 6.1")
        await expect(alert.locator("[data-block=context]")).to_contain_text("A-1042 :no_bell:")
        await expect(alert.get_by_role("button", name="Take it")).to_be_visible()
        await expect(alert.locator(".mention-me")).to_have_text("@Anna Vega")
        await expect(alert.locator(".app-mark")).to_have_text("APP")
        await expect(alert.locator(".edited")).to_be_visible()
        await alert.get_by_role("button", name="2 replies").click()
        await expect(page.get_by_role("complementary", name="Thread").locator(".message")).to_have_count(3)


@pytest.mark.usefixtures("told")
async def test_messages_are_grouped_by_author_and_divided_by_day(workbench: Workbench) -> None:
    async with opened(workbench, "C0WAREHOUSE") as page:
        await expect(message(page, "Will have numbers by eleven").locator(".author")).to_have_count(0)
        await expect(message(page, "The Lodz pallet is in").locator(".author")).to_have_text("Dev Patel")
        assert await page.locator(".day").count() >= 2


async def texts(page: Page, selector: str) -> list[str]:
    """The texts of all nodes of a selector."""
    return await page.locator(selector).all_inner_texts()


@pytest.mark.usefixtures("told")
async def test_a_data_table_pages_sorts_by_number_and_filters(workbench: Workbench) -> None:
    async with opened(workbench, "C0WAREHOUSE") as page:
        table = page.locator("[data-block=data_table]")
        await expect(table.locator("tbody tr")).to_have_count(5)
        await table.get_by_role("button", name="Next page").click()
        await expect(table.get_by_role("status")).to_have_text("6–8 of 8")
        await table.get_by_role("button", name="On hand").click()
        await expect(table.get_by_role("columnheader", name="On hand")).to_have_attribute("aria-sort", "descending")
        assert await texts(page, "[data-block=data_table] tbody td:nth-child(3)") == ["1,240", "410", "220", "96", "75"]
        await table.get_by_role("searchbox").fill("jacket")
        await expect(table.locator("tbody tr")).to_have_count(2)


@pytest.mark.usefixtures("told")
async def test_charts_have_a_bar_a_value_a_tooltip_a_column_and_a_twin_in_text(workbench: Workbench) -> None:
    async with opened(workbench, "C0FINANCE", user="U0CHIARA") as page:
        bridge = page.locator("[data-block=data_visualization]").filter(has_text="From gross to net")
        await expect(bridge.locator(".bars path")).to_have_count(5)
        assert "-25k" in await bridge.locator(".grid text").all_text_contents()
        await bridge.locator(".column").nth(1).hover()
        await expect(page.get_by_role("tooltip")).to_contain_text("EUR: -9,100")
        await bridge.get_by_role("button", name="Show as a table").click()
        await expect(bridge.get_by_role("row", name="Discounts -9,100")).to_be_visible()
        ring = page.locator("[data-block=data_visualization]").filter(has_text="Outstanding by age")
        await expect(ring.locator("path.share")).to_have_count(3)
        await expect(ring.get_by_role("img")).to_have_attribute(
            "aria-label", "Outstanding by age: pie chart. 0 to 7 days 12,400, 8 to 30 days 5,200, Over 30 days 1,900."
        )


SERIES = [{"name": "S", "data": [{"label": str(day), "value": value} for day, value in enumerate([0, 0, 0])]}]
EXTREMES: list[dict[str, Any]] = [
    {"type": "bar", "series": SERIES, "axis_config": {"categories": ["0", "1", "2"]}},
    {
        "type": "line",
        "series": [{"name": "S", "data": [{"label": "x", "value": -3}]}],
        "axis_config": {"categories": ["x"]},
    },
    {"type": "pie", "segments": [{"label": "All of it", "value": 7}]},
]


@pytest.mark.parametrize("chart", EXTREMES, ids=["only zeros", "one negative point", "one whole segment"])
async def test_extreme_charts_have_only_finite_coordinates(workbench: Workbench, chart: dict[str, Any]) -> None:
    put_blocks(workbench, "C0OPS", [{"type": "data_visualization", "title": "Edge", "chart": chart}])
    async with opened(workbench, "C0OPS") as page:
        plot = page.locator("svg.plot")
        await expect(plot).to_be_visible()
        drawn = await plot.evaluate("node => node.outerHTML")
        assert "NaN" not in drawn and "Infinity" not in drawn


async def test_hostile_text_shows_as_the_letters_that_it_is(workbench: Workbench) -> None:
    put_blocks(workbench, "C0OPS", story(0)["hostile"])
    async with opened(workbench, "C0OPS") as page:
        shown = message(page, "press me")
        await expect(shown.get_by_role("heading")).to_have_text("<script>window.hacked=1</script> <!channel>")
        await expect(shown).to_contain_text("<img src=x onerror=window.hacked=1> <!here> *not bold*")
        await expect(shown).to_contain_text(
            "<script>window.hacked=2</script> <!channel> <javascript:window.hacked=2|run>"
        )
        await expect(shown.locator(".table-caption")).to_have_text("<b>caption</b>")
        assert await shown.locator("script, img, a, .mention").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_what_a_person_types_is_text_and_only_a_picked_name_becomes_a_mention(workbench: Workbench) -> None:
    async with opened(workbench, "C0OPS") as page:
        await page.get_by_role("combobox", name="Message #ops").fill("<!channel> <b>&amp; @Ben Okafor *bold*")
        await page.keyboard.press("Enter")
        await expect(message(page, "bold").locator(".message-text")).to_have_text(
            "<!channel> <b>&amp; @Ben Okafor bold"
        )
        assert workbench.messages("ops")[-1]["text"] == "&lt;!channel&gt; &lt;b&gt;&amp;amp; <@U0BEN> *bold*"


MRKDWN = [
    ("*a* _b_ ~c~ `d*e*`", "<strong>a</strong> <em>b</em> <del>c</del> <code>d*e*</code>"),
    ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
    ("&gt; quoted\nafter", "<blockquote>quoted</blockquote>after"),
    ("```\nx < 1 & *y*\n```", "<pre>x &lt; 1 &amp; *y*</pre>"),
    ("<https://example.com/?a=1&amp;b=2|see>", 'href="https://example.com/?a=1&amp;b=2"'),
    ("<mailto:a@b.example|write>", "write"),
    (":no_such_name:", ":no_such_name:"),
    ("<!date^0^{date_num} {time}|never>", "1970-01-01 01:00"),
    ("<!date^nonsense^{date_num}|never>", "never"),
]


async def test_mrkdwn_becomes_the_nodes_that_slack_shows(workbench: Workbench) -> None:
    for source, _ in MRKDWN:
        put_blocks(workbench, "C0OPS", [{"type": "section", "text": {"type": "mrkdwn", "text": source}}])
    async with opened(workbench, "C0OPS") as page:
        shown = page.locator("[data-block=section] .text")
        await expect(shown).to_have_count(len(MRKDWN))
        for at, (source, markup) in enumerate(MRKDWN):
            assert markup in await shown.nth(at).inner_html(), source
