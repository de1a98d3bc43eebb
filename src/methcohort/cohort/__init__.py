"""From a sheet and a configuration to the rows of each sample, checked.

The walk is `cohort.load_cohort`: files of the sheet (`sheet`, `samples`) are identified
(`identify`) and loaded (`files`, in workers `load`), checked by themselves (`oddities`), across
each other (`checks`, with the `facts` of each) and by their positions (`base`); strands are
collapsed (`strands`) and the files of a sample summed (`replicates`). It knows neither sites nor
chunks.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .base import check_agreement, compare_with_each_other, compare_with_reference, reading_of
    from .checks import Frame, check_copies, check_names, check_strands
    from .chroms import catalog_of, natural_key
    from .cohort import LoadedCohort, check_files, join_samples, load_cohort, only_chroms
    from .config import Config, context_bits, is_wanted, kept_back, read_config
    from .facts import FileFacts, Strands
    from .files import LoadedFile, load_files
    from .identify import ASSUMED, COHORT, SHEET, Identified, identify_files
    from .lost import warn_of_lost
    from .names import names_bytes
    from .recipe import Wanted, read_wanted, write_recipe
    from .records import Input, SampleRecord, records_of
    from .resources import resources_of
    from .reused import NOWHERE, Reused, Stretches
    from .samples import Cohort, Sample, Source, format_of
    from .share import Share
    from .sheet import read_cohort, read_sheet
    from .spans import expected_rows

__all__ = [
    "ASSUMED",
    "COHORT",
    "NOWHERE",
    "SHEET",
    "Cohort",
    "Config",
    "FileFacts",
    "Frame",
    "Identified",
    "Input",
    "LoadedCohort",
    "LoadedFile",
    "Reused",
    "Sample",
    "SampleRecord",
    "Share",
    "Source",
    "Strands",
    "Stretches",
    "Wanted",
    "catalog_of",
    "check_agreement",
    "check_copies",
    "check_files",
    "check_names",
    "check_strands",
    "compare_with_each_other",
    "compare_with_reference",
    "context_bits",
    "expected_rows",
    "format_of",
    "identify_files",
    "is_wanted",
    "join_samples",
    "kept_back",
    "load_cohort",
    "load_files",
    "names_bytes",
    "natural_key",
    "only_chroms",
    "read_cohort",
    "read_config",
    "read_sheet",
    "read_wanted",
    "reading_of",
    "records_of",
    "resources_of",
    "warn_of_lost",
    "write_recipe",
]

__getattr__ = lazy(
    __name__,
    {
        "base": (
            "check_agreement",
            "compare_with_each_other",
            "compare_with_reference",
            "reading_of",
        ),
        "checks": (
            "Frame",
            "check_copies",
            "check_names",
            "check_strands",
        ),
        "chroms": (
            "catalog_of",
            "natural_key",
        ),
        "cohort": (
            "LoadedCohort",
            "check_files",
            "join_samples",
            "load_cohort",
            "only_chroms",
        ),
        "config": (
            "Config",
            "context_bits",
            "is_wanted",
            "kept_back",
            "read_config",
        ),
        "facts": (
            "FileFacts",
            "Strands",
        ),
        "files": (
            "LoadedFile",
            "load_files",
        ),
        "identify": (
            "ASSUMED",
            "COHORT",
            "SHEET",
            "Identified",
            "identify_files",
        ),
        "lost": ("warn_of_lost",),
        "recipe": (
            "Wanted",
            "read_wanted",
            "write_recipe",
        ),
        "names": ("names_bytes",),
        "records": (
            "Input",
            "SampleRecord",
            "records_of",
        ),
        "reused": (
            "NOWHERE",
            "Reused",
            "Stretches",
        ),
        "resources": ("resources_of",),
        "samples": (
            "Cohort",
            "Sample",
            "Source",
            "format_of",
        ),
        "share": ("Share",),
        "sheet": (
            "read_cohort",
            "read_sheet",
        ),
        "spans": ("expected_rows",),
    },
)
