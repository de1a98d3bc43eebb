"""Reading a reference genome: a FASTA file to two bits a base in shared memory.

The file is read from start to end, whatever lies beside it: an index that is missing, or older than
the file, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError, raise_shortage
from ..engine import Context, Extent, Note, Pool, ignore
from ..files import DamagedError, TextFault, TextFile, decode_name, describe_kind, explained
from ..store.schema import MAX_POS
from .bases import (
    AT,
    AT_LINE_START,
    BAD,
    DONE,
    FULL,
    N_BASES,
    N_LINES,
    STATE_SIZE,
    Genome,
    Planes,
    directory_bytes,
    find_newline,
    pack,
)

PIECE_BASES: Final = 1 << 24
"""Bases that are copied to shared memory at once: 4 MB."""

MAX_SEQUENCES: Final = 1 << 22
"""A file with more of them is refused, so that no file can make a build use more memory."""

MAX_NAMES_BYTES: Final = 1 << 30
"""Bytes of all names, each counted as long as the longest, as in a text of calls."""

_HEADER_BYTES: Final = 1 << 13
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference genome that lies in shared memory.

    Attributes
    ----------
    path : the FASTA file
    genome : where the bases lie; `genome.open(arenas)` in any process
    chroms : length of each chromosome that is kept, in the order of the file
    n_left_out : sequences that are not wanted
    sha256 : of the bytes of the file, in hexadecimal
    """

    path: str
    genome: Genome
    chroms: dict[str, int]
    n_left_out: int
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
    wanted : tells from a name in the store whether the sequence is kept
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
        self._packed = _Packed(context)
        self._left_out = _Bases()
        self._target: _Bases = self._left_out
        self._header: bytes | None = None
        self._named = False
        self._told = 0  # bases in the planes of which `note` was told
        self._names: dict[str, str] = {}
        self._longest = 0  # bytes of a name
        self._chroms: dict[str, int] = {}
        self._n_left_out = 0

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
        genome = self._packed.finish(list(self._chroms))
        return Reference(self.path, genome, self._chroms, self._n_left_out, text.sha256())

    def _step(self, text: TextFile, stop: int) -> None:
        """Read on to the next header, the end of the text, or until memory is full."""
        if self._header is not None:
            self._read_header(text, stop)
            return
        status = pack(text.buffer, stop, self._state, self._target.planes)
        if not self._named and (status == BAD or self._state[N_BASES]):
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
        self._context.note(n - self._told)
        self._target.flush()
        self._state[N_BASES] = self._told = n - PIECE_BASES
        if self._target is self._packed and self._packed.length(self._told) > MAX_POS:
            message = (
                f"{self.path}, line {self._state[N_LINES] + 1}: found a sequence of more than "
                f"{MAX_POS:,} bases; expected chromosomes that are shorter; cut it, and its calls"
            )
            raise InputError(message)

    def _read_header(self, text: TextFile, stop: int) -> None:
        assert self._header is not None  # noqa: S101 - the caller has looked
        start = int(self._state[AT])
        end = find_newline(text.buffer, start, stop)
        if len(self._header) < _HEADER_BYTES:
            self._header += bytes(text.buffer[start : min(end, start + _HEADER_BYTES)])
        self._state[AT] = end
        if end < stop:
            self._name_sequence()
            self._state[AT] += 1
            self._state[N_LINES] += 1
            self._state[AT_LINE_START] = 1

    def _name_sequence(self) -> None:
        """Begin the sequence whose header was read."""
        assert self._header is not None  # noqa: S101
        raw = (self._header.rstrip(b"\r\n").replace(b"\t", b" ").split(b" ") or [b""])[0]
        where = f"{self.path}, line {self._state[N_LINES] + 1}"
        try:
            given = decode_name(raw)
        except ValueError as error:
            message = (
                f"{where}: found the header {_shown(b'>' + self._header)}: its name cannot be "
                f"used: {error}; expected > and a name; mend the file"
            )
            raise InputError(message) from error
        name = self._task.rename(given) if self._task.rename else given
        if name in self._names:
            before = self._names[name]
            same = f"{given} a second time" if before == given else f"{before} and {given}"
            message = (
                f"{where}: found {same}, {'' if before == given else 'both '}for the chromosome "
                f"{name}; expected one sequence a name; remove one, or correct aliases"
            )
            raise InputError(message)
        self._longest = max(self._longest, len(raw))
        if len(self._names) == MAX_SEQUENCES:
            message = f"{where}: found more than {MAX_SEQUENCES:,} sequences; expected a genome"
            raise InputError(message)
        if (len(self._names) + 1) * self._longest > MAX_NAMES_BYTES:
            message = (
                f"{where}: found {len(self._names) + 1:,} sequences, with names of up to "
                f"{self._longest:,} bytes; expected shorter names, or fewer; check the file"
            )
            raise InputError(message)
        self._names[name] = given
        self._header = None
        self._named = True
        kept = self._task.wanted is None or self._task.wanted(name)
        if kept:
            self._chroms[name] = 0
            self._target = self._packed
        else:
            self._n_left_out += 1
            self._target = self._left_out
        self._state[N_BASES] = self._told = self._target.begin()

    def _end_sequence(self) -> None:
        if not self._named:
            return
        n = int(self._state[N_BASES])
        self._context.note(n - self._told)
        if self._target is self._packed:
            name = next(reversed(self._chroms))
            self._chroms[name] = self._packed.end(n)

    def _check_bases(self) -> None:
        if not self._named:
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
        found = kind.split(";")[0] if kind else f"found {_shown(first)}"
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
            f"{_shown(bytes(text.buffer[at:end]))} in the sequence {name}; expected letters of "
            "bases (IUPAC) and lines that end with a newline; give a FASTA file of DNA"
        )


class _Bases:
    """Where `pack` puts bases that nobody wants: the same memory, over and over.

    Attributes
    ----------
    planes : both planes of `PIECE_BASES` bases and 64 more
    """

    def __init__(self) -> None:
        self.planes: Planes = np.zeros(2 * (PIECE_BASES // 64 + 1), np.uint64)

    def begin(self) -> int:
        """Begin a sequence; return how many bases `planes` has before it."""
        return 0

    def flush(self) -> None:
        """Empty `planes` but for the last 64 bases, which come first now."""
        self.planes[:2] = self.planes[-2:]
        self.planes[2:] = 0


class _Packed(_Bases):
    """Bases on their way to shared memory.

    Sequences start at whole words. Small ones share an extent; a large one is written in pieces,
    which are joined when it ends.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._pieces: list[Extent] = []
        self._first = 0  # base of the extent at which the sequence starts
        self._n = 0
        self._open: list[tuple[int, int]] = []
        self._rows: list[tuple[int, int, int, int, int]] = []

    def begin(self) -> int:
        self._n = -(-self._n // 64) * 64
        self._first = self._flushed + self._n
        return self._n

    @property
    def _flushed(self) -> int:
        return len(self._pieces) * PIECE_BASES

    def flush(self) -> None:
        self._pieces.append(self._write(self.planes[:-2]))
        super().flush()

    def length(self, n: int) -> int:
        """Return the length of the sequence so far, with `n` bases in `planes`."""
        return self._flushed + n - self._first

    def end(self, n: int) -> int:
        """End the sequence with `n` bases in `planes`; return its length."""
        length = self.length(n)
        self._open.append((self._first // 32, length))
        self._n = n
        if self._pieces or n > PIECE_BASES // 2:
            self._close()
        return length

    def finish(self, names: list[str]) -> Genome:
        """Return where all sequences lie, under these names."""
        self._close()
        extent = self._context.reserve(directory_bytes(names), mapped=False)
        return Genome.write(extent, self._context.arenas, self._rows, names)

    def _close(self) -> None:
        """Give the sequences since the last call an extent of their own."""
        if not self._open:
            return
        words = 2 * (-(-self._n // 64))
        extent = self._join(self.planes[:words])
        self._rows += [(*extent, first, length) for first, length in self._open]
        self._open = []
        self._n = 0
        self.planes[:words] = 0

    def _join(self, rest: Planes) -> Extent:
        pieces: list[npt.NDArray[Any]] = [
            self._context.map(piece)[: PIECE_BASES // 4] for piece in self._pieces
        ]
        extent = self._write(*pieces, rest)
        del pieces
        for piece in self._pieces:
            self._context.release(piece)
        self._pieces = []
        return extent

    def _write(self, *arrays: npt.NDArray[Any]) -> Extent:
        extent = self._context.reserve(sum(array.nbytes for array in arrays), mapped=False)
        self._context.arenas.write(extent, arrays)
        return extent


def _shown(raw: bytes) -> str:
    """Return the first line of some bytes as short printable text between quotes."""
    line = raw.split(b"\n")[0].rstrip(b"\r").decode("utf-8", "backslashreplace")
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + "...")
