"""Checks of a store: every value against its digests, and the whole against its text or a sheet.

It changes nothing, and knows nothing of how chunks are packed: it reads them as anybody does, and
merges the text again with a writer that keeps digests only.
"""

from .values import verify

__all__ = ["verify"]
