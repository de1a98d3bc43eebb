"""NanoMethPhase's frequencies of a haplotype, 0-based, a row for each strand, below a header.

Columns are `chromosome start end strand NumOfAllCalls NumOfModCalls MethylFreq`.

Trap: all reads come before the methylated ones.

Source: NanoMethPhase (README and `nanomethphase.py`).
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

FORMATS: Final = (
    Format(
        name="nanomethphase",
        title="NanoMethPhase frequency table",
        columns=("chr", "pos", "end", "strand", "n", "c", "pct"),
        base=0,
        lengths=(1,),
        scale=1,
        unit=0.0005,
        names=(
            (
                "chromosome",
                "start",
                "end",
                "strand",
                "numofallcalls",
                "numofmodcalls",
                "methylfreq",
            ),
        ),
        context=CPG,
        needs_header=True,
    ),
)
