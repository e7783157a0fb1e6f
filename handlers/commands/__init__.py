"""One file a slash command."""
