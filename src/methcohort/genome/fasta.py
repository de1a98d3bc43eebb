"""Reading a reference genome: a FASTA file to two bits a base in shared memory.

The file is read from start to end, whatever lies beside it: an index that is missing, or older than
the file, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core.errors import InputError, raise_shortage
from ..engine import Context, Note, Pool, ignore
from ..files import DamagedError, TextFault, TextFile, decode_name, describe_kind, explained
from ..store.schema import MAX_POS
from .bases import Genome
from .kernels import (
    AT,
    AT_LINE_START,
    BAD,
    DONE,
    FULL,
    N_BASES,
    N_LINES,
    STATE_SIZE,
    find_newline,
    pack_bases,
)
from .packing import BaseBuffer, KeptBases

MAX_SEQUENCES: Final = 1 << 22
"""A file with more of them is refused, so that no file can make a build use more memory."""

MAX_NAMES_BYTES: Final = 1 << 30
"""Bytes of all names, each counted as long as the longest, as in a text of calls."""

_HEADER_BYTES: Final = 1 << 13
"""Bytes of a header that are kept: the name is at its start, and longer names are refused."""

_SHOWN: Final = 60
"""Characters of a line in a message."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference genome in shared memory.

    Attributes
    ----------
    path : the FASTA file
    genome : where the bases lie; `genome.open(arenas)` in any process
    chroms : length of each chromosome that is kept, in the order of the file
    sha256 : of the bytes of the file, in hexadecimal
    """

    path: str
    genome: Genome
    chroms: dict[str, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class ReferenceTask:
    """A FASTA file to read; `rename` and `wanted` cross the pipe, so no lambda will do."""

    title: str
    path: str
    rename: Callable[[str], str] | None
    wanted: Callable[[str], bool] | None


def load_reference(
    pool: Pool,
    path: str,
    rename: Callable[[str], str] | None = None,
    wanted: Callable[[str], bool] | None = None,
    note: Note = ignore,
) -> Reference:
    """Read a FASTA file, plain, gzip or bgzip, in a worker.

    Parameters
    ----------
    rename : gives the name in the store for a name in the file, which ends at its first blank
    wanted : says by a name in the store whether the sequence is kept
    note : gets the number of bases, as they are read

    Raises
    ------
    InputError
        Where the file is missing, damaged, not FASTA, changes while it is read, or has no base of a
        wanted sequence, or two sequences of one name.
    BudgetError
        Where there is no room for the bases.
    """
    task = ReferenceTask(f"the reference {path}", path, rename, wanted)
    ((_, reference),) = pool.run(read_reference, [(task,)], note)
    found: Reference = reference
    return found


def read_reference(context: Context, task: ReferenceTask) -> Reference:
    """Read the FASTA file of a task; see `load_reference`."""
    try:
        return _Fasta(context, task).read()
    except InputError as error:
        raise_shortage(task.path, error)
        raise


class _Fasta:
    """One pass over a FASTA file."""

    def __init__(self, context: Context, task: ReferenceTask) -> None:
        self.path = task.path
        self._context = context
        self._task = task
        self._state = np.zeros(STATE_SIZE, np.int64)
        self._state[AT_LINE_START] = 1
        self._kept = KeptBases(context)
        self._left_out = BaseBuffer()
        self._target: BaseBuffer = self._left_out
        self._header: bytes | None = None
        self._noted = 0  # bases in the planes that `note` has got
        self._names: dict[str, str] = {}
        self._longest = 0  # bytes of a name
        self._chroms: dict[str, int] = {}

    def read(self) -> Reference:
        text = TextFile(self.path)
        try:
            for start, stop in text.pieces():
                self._state[AT] = start
                while self._state[AT] < stop:
                    self._step(text, stop)
            if self._header is not None:
                self._name_sequence()
            self._end_sequence()
            self._check_bases()
        except (TextFault, InputError) as fault:
            error = explained(text, int(self._state[N_LINES]), fault)
            # What a file of calls would look like says nothing of FASTA.
            if isinstance(fault, InputError) and not isinstance(error, DamagedError):
                raise
            raise error from fault
        finally:
            text.close()
        genome = self._kept.finish(list(self._chroms))
        return Reference(self.path, genome, self._chroms, text.sha256())

    def _step(self, text: TextFile, stop: int) -> None:
        """Read on to the next header, the end of the text, or until memory is full."""
        if self._header is not None:
            self._read_header(text, stop)
            return
        status = pack_bases(text.buffer, stop, self._state, self._target.planes)
        if not self._names and (status == BAD or self._state[N_BASES]):
            raise self._no_fasta(text)
        if status == FULL:
            self._empty_buffer()
        elif status == BAD:
            raise self._bad_byte(text, stop)
        elif status != DONE:
            self._end_sequence()
            self._header = b""
            self._state[AT] += 1

    def _empty_buffer(self) -> None:
        n = int(self._state[N_BASES])
        self._context.note(n - self._noted)
        self._state[N_BASES] = self._noted = n - self._target.flush()
        if self._target is self._kept and self._kept.length(self._noted) > MAX_POS:
            message = (
                f"{self.path}, line {self._state[N_LINES] + 1}: found a sequence of more than "
                f"{MAX_POS:,} bases; expected chromosomes that are shorter; cut it, and its calls"
            )
            raise InputError(message)

    def _read_header(self, text: TextFile, stop: int) -> None:
        start = int(self._state[AT])
        end = find_newline(text.buffer, start, stop)
        header = self._header or b""
        if len(header) < _HEADER_BYTES:
            self._header = header + bytes(text.buffer[start : min(end, start + _HEADER_BYTES)])
        self._state[AT] = end
        if end < stop:
            self._name_sequence()
            self._state[AT] += 1
            self._state[N_LINES] += 1
            self._state[AT_LINE_START] = 1

    def _name_sequence(self) -> None:
        """Begin the sequence whose header was read."""
        where = f"{self.path}, line {self._state[N_LINES] + 1}"
        name = self._read_name(where)
        if self._task.wanted is None or self._task.wanted(name):
            self._chroms[name] = 0
            self._target = self._kept
        else:
            self._target = self._left_out
        self._header = None
        self._state[N_BASES] = self._noted = self._target.begin()

    def _read_name(self, where: str) -> str:
        """Return the name in the store of the sequence whose header was read, and list it."""
        header = self._header or b""
        raw = (header.rstrip(b"\r\n").replace(b"\t", b" ").split(b" ") or [b""])[0]
        try:
            given = decode_name(raw)
        except ValueError as error:
            message = (
                f"{where}: found the header {_quoted(b'>' + header)}: its name cannot be used: "
                f"{error}; expected > and a name; fix the file"
            )
            raise InputError(message) from error
        name = self._task.rename(given) if self._task.rename else given
        if name in self._names:
            before = self._names[name]
            same = f"{given} a second time" if before == given else f"{before} and {given}"
            message = (
                f"{where}: found {same}, {'' if before == given else 'both '}for the chromosome "
                f"{name}; expected one sequence per name; remove one, or correct aliases"
            )
            raise InputError(message)
        self._longest = max(self._longest, len(raw))
        self._refuse_too_many(where)
        self._names[name] = given
        return name

    def _refuse_too_many(self, where: str) -> None:
        """Raise an error where one more name is more than may be kept."""
        n = len(self._names) + 1
        if n > MAX_SEQUENCES:
            message = f"{where}: found more than {MAX_SEQUENCES:,} sequences; expected a genome"
            raise InputError(message)
        if n * self._longest > MAX_NAMES_BYTES:
            message = (
                f"{where}: found {n:,} sequences, with names of up to {self._longest:,} bytes; "
                "expected shorter names, or fewer; check the file"
            )
            raise InputError(message)

    def _end_sequence(self) -> None:
        if not self._names:
            return
        n = int(self._state[N_BASES])
        self._context.note(n - self._noted)
        if self._target is self._kept:
            name = next(reversed(self._chroms))
            self._chroms[name] = self._kept.end(n)

    def _check_bases(self) -> None:
        if not self._names:
            message = f"{self.path}: found no sequence; expected a FASTA file, with > and a name"
            raise InputError(message)
        if not any(self._chroms.values()):
            names = ", ".join(list(self._names)[:5])
            message = (
                f"{self.path}: found no base of a wanted chromosome among the sequences {names}; "
                "expected some; check the file, chroms.include and chroms.exclude"
            )
            raise InputError(message)

    def _no_fasta(self, text: TextFile) -> InputError:
        kind = describe_kind(text.start)
        first = text.start.lstrip()
        line = 1 + text.start[: len(text.start) - len(first)].count(b"\n")
        found = kind.split(";")[0] if kind else f"found {_quoted(first)}"
        return InputError(
            f"{self.path}, line {line}: {found}; expected FASTA: a line with > and a name before "
            "the bases of each sequence; give a FASTA file (from .2bit: twoBitToFa)"
        )

    def _bad_byte(self, text: TextFile, stop: int) -> InputError:
        at = int(self._state[AT])
        end = find_newline(text.buffer, at, stop)
        name = next(reversed(self._names.values()))
        return InputError(
            f"{self.path}, line {self._state[N_LINES] + 1}: found "
            f"{_quoted(bytes(text.buffer[at:end]))} in the sequence {name}; expected letters of "
            "bases (IUPAC) and lines that end with a newline; give a FASTA file of DNA"
        )


def _quoted(raw: bytes) -> str:
    """Return the first line of some bytes as short printable text between quotes."""
    line = raw.split(b"\n")[0].rstrip(b"\r").decode("utf-8", "backslashreplace")
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + "...")
