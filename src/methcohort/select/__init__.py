"""What of a store is wanted: regions, samples and conditions, and one pass over it by workers.

It knows no form of output beyond what libraries of Python hold in memory: what is computed of a
selection, and in which files it goes, is for the packages above.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .bed import Bed, read_bed
    from .block import Block
    from .regions import Interval, parse_region, split_regions
    from .selection import Selection
    from .store import Store, open_store, query
    from .stream import stream, stream_samples
    from .views import Region, SampleView

__all__ = [
    "Bed",
    "Block",
    "Interval",
    "Region",
    "SampleView",
    "Selection",
    "Store",
    "open_store",
    "parse_region",
    "query",
    "read_bed",
    "split_regions",
    "stream",
    "stream_samples",
]

__getattr__ = lazy(
    __name__,
    {
        "bed": ("Bed", "read_bed"),
        "regions": ("Interval", "parse_region", "split_regions"),
        "block": ("Block",),
        "selection": ("Selection",),
        "store": ("Store", "open_store", "query"),
        "stream": ("stream", "stream_samples"),
        "views": ("Region", "SampleView"),
    },
)
