"""A store from a store: values masked by coverage, then sites dropped, then samples.

It knows neither text nor what is done with a store afterwards.
"""

from .command import filter

__all__ = ["filter"]
