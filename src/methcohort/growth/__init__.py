"""New stores from stores: merge, add, replace and remove.

Each is a build that takes most samples from stores. It knows neither text nor chunks.
"""

from .commands import add, merge, remove, replace

__all__ = ["add", "merge", "remove", "replace"]
