"""One file a message button."""
