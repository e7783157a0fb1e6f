"""stub"""
from collections.abc import Callable
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]
def validate(blocks: Any, surface: Surface) -> list[str]:
    return []
def named_blocks(blocks: Any, number: Callable[[], int]) -> list[Any]:
    return [{"block_id": f"b{number():04X}", **b} for b in blocks]
def validate_view(view: Any, kind: str) -> list[str]:
    return []
