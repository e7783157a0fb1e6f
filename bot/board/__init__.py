"""Where alerts show: the messages a channel ought to have, those that alerts share, and what a day of it can bear."""

from bot.board.board import Board

__all__ = ["Board"]
