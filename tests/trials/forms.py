"""Random texts of all formats, any bytes, FASTA files and aliases, next to plain readings."""

import gzip
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import callers
import grammar
import tables
from genomes import fasta, machine
from references import codes_of, loaded

from methcohort.core.errors import InputError
from methcohort.files import text as _text
from methcohort.genome import packing
from methcohort.genome.aliases import load_aliases
from methcohort.readers import settle
from methcohort.readers.reader import TextReader
from methcohort.readers.recognition import recognise
from methcohort.readers.rules import RowRules

TEXTS = 40
_LETTERS = "ACGTNacgtnCGcgRYSWKMBDHVXryuU-"
_BYTES = b"\0\xff\xfe\x1f\x8b \t\r\n>#.,+-0159xNA"


@contextmanager
def small_blocks(size: int) -> Iterator[None]:
    """Read texts in blocks of a few lines."""
    with patch.object(_text, "BLOCK_BYTES", size):
        yield


class FuzzTables:
    """Texts of random formats and of all known ones: rows, counts and faults as the oracle says."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "rows.txt"

    def trial(self, rng: random.Random) -> Counter[str]:
        """Compare many texts; return how many were taken and refused."""
        found: Counter[str] = Counter()
        with small_blocks(rng.choice([100, 300, 4000])):
            for _ in range(TEXTS):
                known = rng.choice(tables.FORMATS)
                form = known if rng.random() < 0.4 else tables.random_format(rng)
                rules = tables.random_rules(rng)
                n_rows = rng.choice((1, 3, 12, 40))
                text = tables.random_text(form, rng, n_rows, rng.choice([0.0, 0.3 / n_rows]))
                for _ in range(rng.choice([0, 0, 1, 3])):
                    text = grammar.mutate(rng, text)
                if text.strip() and tables.first_row_is_a_row(form, text):
                    room = rng.choice((2, 7, 1000))
                    found[tables.check(self._path, form, rules, text, room)] += 1
        return found


class AnyBytes:
    """Any bytes where calls are expected: told or refused, then taken or refused in a sentence."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "any"
        sites = callers.cytosines(callers.make_genome(2, {"chr1": 300}))
        self._texts = []
        for name in callers.WRITERS:
            callers.write_calls(self._path, callers.cover(sites, 1), name)
            self._texts.append(self._path.read_bytes())

    def trial(self, rng: random.Random) -> Counter[str]:
        """Try many; return what became of them."""
        return Counter(self.attempt(self._text(rng)) for _ in range(TEXTS))

    def attempt(self, data: bytes) -> str:
        """Tell what some bytes are, and read them as that."""
        self._path.write_bytes(data)
        told = False
        try:
            form = settle(recognise(str(self._path)).format, str(self._path))
            told = True
            TextReader(str(self._path), form, _RULES).read(tables.Kept(1000))
        except InputError as error:
            assert str(error).startswith(str(self._path)), error
            assert "\n" not in str(error)
            assert len(str(error)) < 2000
            return "told, then refused" if told else "refused at once"
        return "taken"

    def _text(self, rng: random.Random) -> bytes:
        text = rng.choice(self._texts) if rng.random() < 0.8 else grammar.draw_text(rng)
        if rng.random() < 0.3:
            text = rng.choice([b"track type=bedGraph\n", b"#chrom\tx\n", b"\xef\xbb\xbf"]) + text
        for _ in range(rng.choice([0, 1, 4, 20])):
            text = grammar.mutate(rng, text)
        match rng.randrange(10):
            case 0:
                text = text.decode("latin-1").encode(rng.choice(["utf-16", "utf-32"]))
            case 1:
                text = rng.randbytes(rng.randrange(3000))
            case 2:
                text = bytes([rng.choice(_BYTES)]) * rng.choice([1, 70_000, 2_000_000])
            case 3:
                text = rng.choice([b"\t", b"1\t", b"chr1\t5\t"]) * rng.choice([50, 40_000]) + text
        packed = grammar.pack(text, rng.choice(["none", "none", "gzip", "multi", "bgzip"]), 500)
        if packed != text and rng.random() < 0.3:
            at = rng.randrange(len(packed))
            packed = packed[:at] + rng.choice([b"", rng.randbytes(3)]) + packed[at + 2 :]
        if rng.random() < 0.05:
            packed = gzip.compress(b"") * rng.choice([1, 20_000]) + packed
        return packed


_RULES = RowRules(
    wanted=lambda _name: True,
    duplicates="error",
    drop_uncovered=True,
    pct_check="error",
    pct_tolerance=1.0,
    with_pct=True,
)


class FuzzReferences:
    """Changed FASTA files: the bases that stand there, or a sentence."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "genome.fa"

    def trial(self, rng: random.Random) -> Counter[str]:
        """Try many; return how many were taken and refused."""
        with (
            small_blocks(rng.choice([64, 100, 4096])),
            patch.object(packing, "PIECE_BASES", rng.choice([64, 128, 1 << 12])),
        ):
            return Counter(self._attempt(rng) for _ in range(TEXTS))

    def _attempt(self, rng: random.Random) -> str:
        genome = {
            f"chr{k}": "".join(rng.choices(_LETTERS, k=rng.choice([0, 1, 64, 300])))
            for k in range(rng.randint(1, 4))
        }
        text = fasta(genome, rng.choice([1, 7, 60, 500]), rng.choice(["\n", "\r\n", " \n"]))
        for _ in range(rng.choice([0, 1, 3])):
            at = rng.randrange(len(text) + 1)
            byte = bytes([rng.choice(_BYTES)]) * rng.choice([1, 1, 100])
            text = text[:at] + byte + text[at + rng.choice([0, 1, 9]) :]
        self._path.write_bytes(grammar.pack(text, rng.choice(["none", "gzip", "bgzip"]), 500))
        with machine(self._folder) as (pool, memory):
            try:
                found = loaded(self._path, memory, pool)
            except InputError as error:
                assert str(error).startswith(str(self._path)), error
                assert "\n" not in str(error)
                return "refused"
        assert found == _plain_reading(text), text
        return "taken"


def _plain_reading(text: bytes) -> dict[str, list[int]]:
    """The codes of a FASTA file's bases by splitting it."""
    found: dict[str, str] = {}
    name = ""
    for line in text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n"):
        line = line.lstrip(" \t")  # as the package does
        if line.startswith(">"):
            name = line[1:].replace("\t", " ").rstrip("\r").split(" ")[0]
            found[name] = ""
        elif name:
            found[name] += "".join(line.split())
    return {name: codes_of(bases) for name, bases in found.items()}


class FuzzAliases:
    """Changed files of aliases: the names that stand there, or a sentence."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "aliases.txt"

    def trial(self, rng: random.Random) -> Counter[str]:
        """Try many; return how many were taken and refused."""
        return Counter(self._attempt(rng) for _ in range(TEXTS))

    def _attempt(self, rng: random.Random) -> str:
        names = [*grammar.NAMES, "1", "2", "chr3"]
        text = b"".join(
            f"{rng.choice(names)}\t{rng.choice(names)}\n".encode() for _ in range(rng.randint(1, 4))
        )
        for _ in range(rng.choice([0, 1, 3])):
            text = grammar.mutate(rng, text)
        self._path.write_bytes(grammar.pack(text, rng.choice(["none", "gzip", "bgzip"]), 500))
        try:
            found = load_aliases(str(self._path))
        except InputError as error:
            assert str(error).startswith(str(self._path)), error
            assert "\n" not in str(error)
            return "refused"
        lines = [line.split() for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
        pairs = [line for line in lines if line and not line[0].startswith(b"#")]
        given = {one.decode(): other.decode() for one, other in pairs}
        assert found.names == given | {name: name for name in given.values()}, text
        return "taken"
