"""Reference genomes for tests, and what a slow reading of them says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from methcohort.engine import Pool
from methcohort.engine.memory import Memory

PLUS, MINUS, CPG, CHG, CHH = 1, 2, 4, 8, 16


@contextmanager
def machine(tmp_path: Path, workers: int = 0, ram: int = 1 << 28) -> Iterator[tuple[Pool, Memory]]:
    """Workers and shared memory."""
    memory = Memory(ram, tmp_path)
    with Pool(workers, memory) as pool:
        yield pool, memory
    memory.close()


def fasta(genome: Mapping[str, str], width: int = 60, newline: str = "\n") -> bytes:
    """A genome as a FASTA file."""
    lines = []
    for name, bases in genome.items():
        lines.append(f">{name}")
        lines += [bases[k : k + width] for k in range(0, len(bases), width)]
    return "".join(line + newline for line in lines).encode()


def random_bases(rng: np.random.Generator, n: int, letters: str = "ACGT") -> str:
    """Bases with as many CpG as others."""
    return "".join(rng.choice(list(letters), n))


def kind(bases: str, pos: int) -> int:
    """What is at a 1-based position, as the bits of a kind."""
    here = bases.upper()
    if here[pos - 1] == "G":
        pairs = str.maketrans("ACGTU", "TGCAA")
        found = kind(here.translate(pairs)[::-1], len(here) + 1 - pos)
        return found ^ (PLUS | MINUS)
    if here[pos - 1] != "C":
        return 0
    one, two = (here[pos : pos + 2] + "NN")[:2]
    if one == "G":
        return PLUS | CPG
    if one not in "ACTU" or two not in "ACGTU":
        return PLUS
    return PLUS | (CHG if two == "G" else CHH)


def listed(bases: str, contexts: int, collapse: bool) -> list[int]:
    """The positions of cytosines of some contexts."""
    kinds = ((pos, kind(bases, pos)) for pos in range(1, len(bases) + 1))
    return [
        pos
        for pos, found in kinds
        if found & contexts and not (collapse and found & CPG and found & MINUS)
    ]
