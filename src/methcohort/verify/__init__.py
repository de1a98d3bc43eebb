"""Checks of a store: every value against its digests, and the whole against its text."""

from .values import verify

__all__ = ["verify"]
