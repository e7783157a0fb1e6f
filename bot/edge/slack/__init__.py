"""Slack: what people ask of the bot, and what it says to them."""
