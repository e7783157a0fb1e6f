"""The shop's knowledge: one file a platform, a rule, a command, a button or a digest section."""
