"""Rows of calls as columns in shared memory: where they lie, and how they are found and sorted.

It knows neither text nor stores.
"""

from .blocks import (
    BLOCK_ROWS,
    NARROW,
    Block,
    Columns,
    column_offsets,
    new_columns,
    site_block,
    view_columns,
)
from .file_rows import FileRows, SharedRows
from .index import (
    ARENA,
    FIRST_ROW,
    KIND,
    N_ROWS,
    PCT,
    POS,
    WIDE_COUNTS,
    C,
    Catalog,
    SharedCatalog,
    T,
    Table,
    no_rows,
)
from .kernels import (
    clip_runs,
    find_block,
    find_run,
    first_at_least,
    last_positions,
    load_clipping,
    lower_bound,
    visit_run,
)
from .sink import BlockSink
from .sort import RepeatedSitesError, SumTooLargeError, sort_rows
from .summary import TextSummary

__all__ = [
    "ARENA",
    "BLOCK_ROWS",
    "Block",
    "BlockSink",
    "C",
    "Catalog",
    "Columns",
    "FIRST_ROW",
    "FileRows",
    "KIND",
    "NARROW",
    "N_ROWS",
    "PCT",
    "POS",
    "RepeatedSitesError",
    "SharedCatalog",
    "SharedRows",
    "SumTooLargeError",
    "T",
    "Table",
    "TextSummary",
    "WIDE_COUNTS",
    "clip_runs",
    "column_offsets",
    "find_block",
    "find_run",
    "first_at_least",
    "last_positions",
    "load_clipping",
    "lower_bound",
    "new_columns",
    "no_rows",
    "site_block",
    "sort_rows",
    "view_columns",
    "visit_run",
]
