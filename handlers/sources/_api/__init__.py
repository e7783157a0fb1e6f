"""How the platforms are asked, a file each, beside the sources that say what their answers mean.

A platform's webhooks and its API are two trades: here are requests, pages, tokens and cursors, there is the meaning.
"""
