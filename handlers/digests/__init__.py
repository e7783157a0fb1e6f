"""One file a digest section."""
