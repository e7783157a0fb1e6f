"""Talks: HTTP in, Slack in and out, and the clock that ticks."""
