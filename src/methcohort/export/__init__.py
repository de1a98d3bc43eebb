"""Files for other programs: tracks, callers' tables, matrices, Parquet and AnnData.

It knows what each format looks like; how text, indices and bigWig are written is for `writers`.
"""

from .command import export
from .formats import VALUES
from .outputs import formats

__all__ = ["VALUES", "export", "formats"]
