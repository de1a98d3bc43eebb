"""methylKit's database of a sample: chr, start, end, strand, coverage, numCs, numTs; 1-based.

`readMethylDB` opens the file with its index. The date in its head is always the same, so that the
same store gives the same file.
"""

from ...writers import SITES, Integers
from ._format import SampleFormat, Track


def _header(track: Track) -> str:
    said = {
        "Date": "1970-01-01 00:00:00",
        "Class": "methylRawDB",
        "NR": track.n_rows,
        "SI": track.sample,
        "AS": track.assembly,
        "CT": track.context,
        "RS": "base",
        "DT": "tabix",
    }
    return "".join(f"#{name}:{value}\n" for name, value in said.items())


FORMAT = SampleFormat(
    "methylkit_tabix",
    "methylKit database of a sample, with its index",
    lambda calls, _: [
        calls.of_chrom(), Integers(calls.pos), Integers(calls.pos), calls.of_strand("*+-*"),
        Integers(calls.coverage), Integers(calls.c), Integers(calls.t),
    ],
    (".txt.bgz",),
    _header,
    SITES._replace(end=3),
    needs_rows=True,
    bgzf=True,
)  # fmt: skip
