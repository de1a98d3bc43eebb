"""From the rows of samples to the chunks of a store: sites, their strand and context, packing.

It knows neither sheets nor text.
"""

from .assemble import Content, pack_areas, plan_packing, software, task_bytes, write_store
from .axis import Sites
from .chrom_lengths import Lengths, chrom_lengths, read_sizes
from .kernels.sites import add_counts, load_finding
from .kernels.stored import load_observing, note_observed
from .pack import PackPlan, Slot, open_slot
from .plan import index_bytes, new_grid
from .site_kinds import Kinds, raw_kinds
from .site_rules import (
    BedSites,
    GivenSites,
    found_sites,
    given_sites,
    read_bed_sites,
    read_reference,
    sites_of_rows,
    strand_and_context,
    with_sites,
)
from .sites import counted_sites, union_of_sites
from .stored_chunks import PLACE_DTYPE, OpenChunks, StoreChunks
from .stored_claims import damaged, expect_axis, expect_claims
from .stored_samples import NOT_STORED, StoredSamples

__all__ = [
    "BedSites",
    "Content",
    "GivenSites",
    "Kinds",
    "Lengths",
    "NOT_STORED",
    "OpenChunks",
    "PLACE_DTYPE",
    "PackPlan",
    "Sites",
    "Slot",
    "StoreChunks",
    "StoredSamples",
    "add_counts",
    "chrom_lengths",
    "counted_sites",
    "damaged",
    "expect_axis",
    "expect_claims",
    "found_sites",
    "given_sites",
    "index_bytes",
    "load_finding",
    "load_observing",
    "new_grid",
    "note_observed",
    "open_slot",
    "pack_areas",
    "plan_packing",
    "raw_kinds",
    "read_bed_sites",
    "read_reference",
    "read_sizes",
    "sites_of_rows",
    "software",
    "strand_and_context",
    "task_bytes",
    "union_of_sites",
    "with_sites",
    "write_store",
]
