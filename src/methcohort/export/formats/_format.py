"""What a format of exported files is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...select import Block
from ...writers import Column, Preset
from ..calls import Calls


class Style(NamedTuple):
    """What a user chooses of a file.

    Attributes
    ----------
    value : `pct`, `beta`, `c`, `t` or `coverage`, of formats that have one value
    missing : text where there is none; None takes that of the format
    """

    value: str = "pct"
    missing: str | None = None


class Track(NamedTuple):
    """What the head of a file may say.

    Attributes
    ----------
    sample : its name
    assembly : `unknown` where it is not known
    context : of all sites, or `unknown`
    n_rows : of the file; 0 where nobody asks
    """

    sample: str
    assembly: str
    context: str
    n_rows: int = 0


class SampleFormat(NamedTuple):
    """A text format with a file for each sample, of the sites where it has reads.

    Attributes
    ----------
    name : for `--format`
    title : what it is, for people
    columns : the columns of some calls
    suffixes : of names of files by which it is known
    header : the first lines
    preset : which columns an index is made of, where the file is BGZF
    needs_kinds : whether it says strand and context, which the store must know then
    needs_rows : whether its header says how many rows follow
    bgzf : whether it always is
    """

    name: str
    title: str
    columns: Callable[[Calls, Style], Sequence[Column]]
    suffixes: tuple[str, ...] = ()
    header: Callable[[Track], str] = lambda _: ""
    preset: Preset | None = None
    needs_kinds: bool = False
    needs_rows: bool = False
    bgzf: bool = False


class Cohort(NamedTuple):
    """What the head of a table of all samples may say.

    Attributes
    ----------
    samples : names
    groups : of a column of the sheet, one for each sample; empty where none was named
    chroms : names of the chromosomes
    kinds : legends of what the store knows of the sites: strand and context, or nothing
    """

    samples: tuple[str, ...]
    groups: tuple[str, ...]
    chroms: tuple[str, ...]
    kinds: dict[str, tuple[str, ...]]


class MatrixFormat(NamedTuple):
    """A text format with one file for all samples.

    Attributes
    ----------
    name, title, suffixes, preset : as of `SampleFormat`
    layers : what is read of each sample
    header : the first line
    columns : the columns of a block
    needs_groups : whether `--by` has to be given
    """

    name: str
    title: str
    layers: Callable[[Style], Sequence[str]]
    header: Callable[[Cohort, Style], str]
    columns: Callable[[Block, Cohort, Style], Sequence[Column]]
    suffixes: tuple[str, ...] = ()
    preset: Preset | None = None
    needs_groups: bool = False
