"""Floorwalker: a Slack bot that tells a shop's departments what they must act on, and keeps it true."""
