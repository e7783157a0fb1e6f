"""What handlers there are and what can be set on them, found by scanning packages; nothing lists them."""

from bot.catalog.scan import Catalog, CatalogError, Kind, command_label

__all__ = ["Catalog", "CatalogError", "Kind", "command_label"]
