"""Frequencies of DeepSignal, DeepSignal2 and DeepSignal-plant, 0-based, without a header.

Columns are `chrom pos strand pos_in_strand prob_0_sum prob_1_sum count_modified count_unmodified
coverage modification_frequency k_mer`. `--bed` writes ENCODE's bedMethyl instead.

Traps: the position is that of the cytosine on the forward strand, also in rows of the reverse one;
pos_in_strand counts from the strand's own end. The k-mer is read along the row's strand and has the
cytosine in its middle; its length is the user's.

Source: DeepSignal (`call_modification_frequency.py`), DeepSignal-plant (`call_mods_freq.py`), and a
file of the first.
"""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="deepsignal",
        title="DeepSignal frequency table",
        columns=("chr", "pos", "strand", "-", "-", "-", "c", "t", "sum", "pct", "context"),
        base=0,
        scale=1,
        unit=0.0005,
        middle=-1,
        marks=((3, r"\d+"), (4, r"[\d.]+"), (5, r"[\d.]+")),
    ),
)
