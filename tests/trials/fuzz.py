"""Random text files, and gzip data with random damage, through the loader and the oracle."""

import random
from collections import Counter
from pathlib import Path

import grammar
from comparison import Comparison, draw_case

FILES = 100
DAMAGES = 60


class Fuzz:
    """Files drawn by a grammar: taken or refused as the oracle does, at its line, bit by bit."""

    def __init__(self, folder: Path) -> None:
        self._comparison = Comparison(folder)

    def trial(self, rng: random.Random) -> Counter[str]:
        """Compare many files; return how many were taken and refused."""
        outcomes = [self._comparison.check(draw_case(rng)) for _ in range(FILES)]
        return Counter(outcome.partition(",")[0] for outcome in outcomes)


class BrokenGzip:
    """Damaged gzip and bgzip data: an error, or exactly the rows that were packed."""

    def __init__(self, folder: Path) -> None:
        self._comparison = Comparison(folder)

    def trial(self, rng: random.Random) -> Counter[str]:
        """Damage one file in many ways; return how often it was refused, and taken as it was."""
        text = _right_text(rng)
        packed = grammar.pack(text, rng.choice(["gzip", "multi", "bgzip"]), rng.choice([60, 500]))
        return Counter(
            self._comparison.check_damaged(_damaged(rng, packed), text) for _ in range(DAMAGES)
        )


def _right_text(rng: random.Random) -> bytes:
    """Rows in order, long enough for several members."""
    rows, pos = [], 0
    for _ in range(rng.choice([1, 20, 200])):
        pos += rng.randint(1, 1000)
        c, t = rng.randint(1, 300), rng.randint(0, 300)
        rows.append(b"chr1\t%d\t%.6f\t%d\t%d\n" % (pos, 100 * c / (c + t), c, t))
    return b"".join(rows)


def _damaged(rng: random.Random, packed: bytes) -> bytes:
    """The data with a bit flipped, bytes changed, lost, doubled or added, or their end lost.

    Never at the two bytes that say that this is gzip: without them it is another file. Never cut
    at the end of a member of plain gzip, which no reader can tell from a shorter file.
    """
    at = rng.randrange(2, len(packed))
    stop = rng.randrange(at, min(len(packed), at + rng.choice([1, 4, 100]))) + 1
    match rng.randrange(6):
        case 0:
            return packed[:at] + bytes([packed[at] ^ 1 << rng.randrange(8)]) + packed[at + 1 :]
        case 1:
            return packed[:at] + rng.randbytes(stop - at) + packed[stop:]
        case 2:
            return packed[:at] + bytes(stop - at) + packed[stop:]
        case 3:
            return packed[:at] + packed[at:stop] + packed[at:]
        case 4:
            return packed + rng.randbytes(rng.choice([1, 2, 20]))
        case _:
            cut = rng.randrange(3, len(packed))
            while packed[cut:].startswith(b"\x1f\x8b\x08"):
                cut -= 1
            return packed[:cut]
