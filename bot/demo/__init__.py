"""A demo day of a shop: a month of history, then a day in about a minute, told over HTTP as the platforms tell it."""
