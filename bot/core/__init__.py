"""Decides. Pure: the standard library only; no I/O, no clock, no randomness, no logging."""
