"""From a sheet and a configuration to the rows of each sample, checked.

It knows neither sites nor chunks.
"""

from .base import check_agreement, compare_with_each_other, compare_with_reference, reading_of
from .cohort import (
    LoadedCohort,
    catalog_of,
    chroms_of,
    join_samples,
    load_checked,
    load_cohort,
    natural_key,
    only_chroms,
    order_chroms,
    strands_told,
    tell_copies,
)
from .config import Config, parse_size, read_config
from .files import LoadedFile, context_bits, load_files
from .identify import ASSUMED, COHORT, SHEET, Identified, identify_files
from .load import is_wanted
from .lost import warn_of_lost
from .parts import expected_rows
from .records import Input, SampleRecord, records_of
from .reused import NOWHERE, Others, Stretches, Whose
from .sheet import Cohort, Sample, Source, copy_key, format_of, read_cohort
from .strands import Strands, refuse_mixed_strands

__all__ = [
    "ASSUMED",
    "COHORT",
    "Cohort",
    "Config",
    "Identified",
    "Input",
    "LoadedCohort",
    "LoadedFile",
    "NOWHERE",
    "Others",
    "SHEET",
    "Sample",
    "SampleRecord",
    "Source",
    "Strands",
    "Stretches",
    "Whose",
    "catalog_of",
    "check_agreement",
    "chroms_of",
    "compare_with_each_other",
    "compare_with_reference",
    "context_bits",
    "copy_key",
    "expected_rows",
    "format_of",
    "identify_files",
    "is_wanted",
    "join_samples",
    "load_checked",
    "load_cohort",
    "load_files",
    "natural_key",
    "only_chroms",
    "order_chroms",
    "parse_size",
    "read_cohort",
    "read_config",
    "reading_of",
    "records_of",
    "refuse_mixed_strands",
    "strands_told",
    "tell_copies",
    "warn_of_lost",
]
