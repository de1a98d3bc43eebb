"""Reference genomes and what is known of their bases."""

import hashlib
from pathlib import Path

import numpy as np

from methcohort.engine import Pool
from methcohort.engine.memory import Memory
from methcohort.genome.fasta import load_reference

CODES = {letter: code for code, letters in enumerate(["", "C", "G", "ATU"]) for letter in letters}


def loaded(path: Path, memory: Memory, pool: Pool, **options: object) -> dict[str, list[int]]:
    """The bases that a FASTA file gives, as codes, one a base."""
    read = load_reference(pool, str(path), **options)  # type: ignore[arg-type]
    genome = read.genome.open(memory.arenas)
    assert genome.names == list(read.chroms)
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    found = {}
    for name, length in read.chroms.items():
        chromosome = genome.chromosome(name)
        assert chromosome is not None
        assert chromosome.length == genome.length(name) == length
        bits = np.unpackbits(chromosome.planes.view(np.uint8), bitorder="little").reshape(-1, 2, 64)
        codes = bits[:, 0].ravel() + 2 * bits[:, 1].ravel()
        assert not codes[length:].any()
        found[name] = codes[:length].tolist()
    read.genome.release(memory)
    return found


def codes_of(bases: str) -> list[int]:
    """The same from the letters themselves."""
    return [CODES.get(letter, 0) for letter in bases.upper()]
