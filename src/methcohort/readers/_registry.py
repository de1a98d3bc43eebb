"""Every text format by its name."""

from typing import Final

from . import (
    allc,
    astair,
    bedmethyl,
    biscuit,
    bismark_cov,
    bismark_report,
    bsmap,
    cgmap,
    custom,
    dnmtools,
    dss,
    five_column,
    methyldackel,
    methylkit,
    pb_cpg_tools,
    rastair,
    rnbeads,
    wgbstools,
)
from ._format import Format

_FORMATS: Final = (
    five_column.FORMAT,
    bismark_cov.FORMAT,
    bismark_cov.ZERO,
    bismark_cov.MERGED,
    bismark_report.FORMAT,
    methyldackel.FORMAT,
    methylkit.FORMAT,
    methylkit.TABIX,
    biscuit.FORMAT,
    biscuit.COUNTS,
    biscuit.EXTENDED,
    biscuit.EXTENDED_COUNTS,
    biscuit.MERGECG,
    biscuit.MERGECG_COUNTS,
    bedmethyl.FORMAT,
    bedmethyl.MODBAM2BED,
    bedmethyl.ENCODE,
    pb_cpg_tools.FORMAT,
    pb_cpg_tools.COUNT,
    allc.FORMAT,
    bsmap.FORMAT,
    bsmap.OLD,
    cgmap.FORMAT,
    astair.FORMAT,
    rastair.FORMAT,
    dnmtools.FORMAT,
    dss.FORMAT,
    wgbstools.FORMAT,
    wgbstools.ONE,
    rnbeads.FORMAT,
    custom.FORMAT,
    bismark_cov.BEDGRAPH,
    methyldackel.FRACTION,
    methyldackel.COUNTS,
    methyldackel.LOGIT,
    bedmethyl.MODBAM2BED_BASIC,
    cgmap.ATCGMAP,
)

READERS: Final[dict[str, Format]] = {form.name: form for form in _FORMATS}
"""All formats, also those that are known and refused."""
