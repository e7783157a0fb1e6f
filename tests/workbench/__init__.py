"""Tests of the stand-in for Slack, over loopback, with the real Slack libraries."""
