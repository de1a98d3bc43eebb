"""New stores from stores: merge, add, replace and remove."""

from .commands import add, merge, remove, replace

__all__ = ["add", "merge", "remove", "replace"]
