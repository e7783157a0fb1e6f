"""A person asks or does something: what they press, type and fill in, whether they may, and what comes of it."""
