"""What of a store is wanted: regions, samples and conditions, and one pass over it by workers.

It knows no form of output beyond what libraries of Python hold in memory: what is computed of a
selection, and in which files it goes, is for the packages above.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .bed import Bed, read_bed
    from .block import Block
    from .choosing import grouped, sample_names
    from .means import region_means
    from .regions import Interval, split_regions
    from .selection import Selection
    from .store import Store, open_store, query
    from .stream import CELL_BYTES, fitting_sites, stream, stream_samples
    from .tables import library
    from .views import Region, SampleView

__all__ = [
    "CELL_BYTES",
    "Bed",
    "Block",
    "Interval",
    "Region",
    "SampleView",
    "Selection",
    "Store",
    "fitting_sites",
    "grouped",
    "library",
    "open_store",
    "query",
    "read_bed",
    "region_means",
    "sample_names",
    "split_regions",
    "stream",
    "stream_samples",
]

__getattr__ = lazy(
    __name__,
    {
        "bed": ("Bed", "read_bed"),
        "choosing": ("grouped", "sample_names"),
        "means": ("region_means",),
        "regions": ("Interval", "split_regions"),
        "block": ("Block",),
        "selection": ("Selection",),
        "store": ("Store", "open_store", "query"),
        "stream": ("CELL_BYTES", "fitting_sites", "stream", "stream_samples"),
        "tables": ("library",),
        "views": ("Region", "SampleView"),
    },
)
