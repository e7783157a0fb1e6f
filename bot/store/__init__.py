"""Remembers. The only place that knows SQL."""
