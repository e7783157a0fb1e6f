"""The bot's most important messages as Slack is to show them: each a file of Block Kit and a picture of it.

A change of a message shows as a change of its file, which a test holds against what the bot says. `make golden` writes
the files anew and takes the pictures, in Chromium; look at both before they are kept.
"""
