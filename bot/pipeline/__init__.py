"""An event comes: its way from a stored delivery to the posts that ought to exist, within one transaction."""

from bot.pipeline.pipeline import MOST_DEATHS, Feed, Pipeline

__all__ = ["MOST_DEATHS", "Feed", "Pipeline"]
