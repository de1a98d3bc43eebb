"""Damage to a store that was published: reading gives an error or what is right; verify tells."""

import contextlib
import io
import os
import random
import resource
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cohorts
import numpy as np
from processes import fork

import methcohort
from methcohort import Store, StoreError
from methcohort.cli.query import command

_SITES = {"chr1": 420, "chr2": 130, "chrX": 30}
_CHUNKS = [2, 256]
_SECONDS = 30
_MORE_MEMORY = 1 << 30

Reading = Callable[[Store], Any]


def _plain(value: Any) -> Any:
    """A value in a form that can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _view(view: Any) -> list[Any]:
    return [view.c, view.t, view.pct]


def _region(store: Store, region: str, samples: list[str] | None = None) -> list[Any]:
    found = store.region(region, samples)
    return [found.chrom, found.samples, found.pos, found.strand, found.context, *_view(found)]


def _info(store: Store) -> dict[str, Any]:
    found = methcohort.info(store.path)
    return {key: value for key, value in found.items() if key not in ("path", "bytes")}


def _table(store: Store) -> str:
    """What the command prints; of a table that ends with an error nothing is right or wrong."""
    found = io.BytesIO()
    printed = io.TextIOWrapper(found, encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(printed):
        command.main([str(store.path), "chr2"], standalone_mode=False)
    return found.getvalue().decode()


READINGS: dict[str, Reading] = {
    "names": lambda s: [s.samples, s.chroms, s.layers, s.chrom_offset, s.n_sites],
    "assembly": lambda s: s.assembly,
    "digest": lambda s: s.digest,
    "provenance": lambda s: s.provenance,
    "sheet": lambda s: s.sheet,
    "counts": lambda s: s.sample_counts,
    "inputs": lambda s: s.inputs,
    "lengths": lambda s: s.chrom_lengths,
    "kinds": lambda s: [s.kinds, s.legends, s.format_version],
    "strand": lambda s: [s.strand(0, s.n_sites), s.strand(255, 300)],
    "context": lambda s: [s.context(0, s.n_sites), s.context(255, 300)],
    "positions": lambda s: [s.pos, s.positions(255, 300)],
    "region": lambda s: _region(s, "chr1:2,000-6,000"),
    "region of some": lambda s: _region(s, "chr2", ["s5", "s2"]),
    "small region": lambda s: _region(s, "chrX:1-100"),
    "sample": lambda s: _view(s.sample("s4")),
    "layers": lambda s: [s.read_layer(x, slice(None), 0, s.n_sites) for x in s.layers],
    "some rows": lambda s: s.read_layer("t", [4, 0, 1], 100, 520),
    "blocks": lambda s: [[b.start, b.pos, b.values] for b in s.blocks(sites=200)],
    "info": _info,
    "query": _table,
}


class Damage:
    """A small store with strand and context, and all that can be read of it."""

    def __init__(self, folder: Path) -> None:
        rows, _ = cohorts.simulate(5, 5, _SITES, max_count=300)
        forms = ["bismark_report", *["five_column"] * 4]
        extra = {"group": ["a", "b", "a", "b", "a"], "format": forms}
        config = {"chunks": _CHUNKS}
        made = cohorts.make_cohort(folder, rows, extra=extra)
        report = [f"{chrom}\t{pos}\t+\t{c}\t{t}\tCG\tCGA\n" for chrom, pos, _, c, t in rows[0]]
        made.paths[0].write_text("".join(report), encoding="utf-8")
        self.store = made.build(config=config)
        self.data = self.store.read_bytes()
        with methcohort.open_store(self.store) as store:
            self.right = {name: _plain(read(store)) for name, read in READINGS.items()}

    def outcome(self, data: bytes, name: str = "damaged.h5") -> str:
        """Read and verify a store of these bytes; say in a few words what came of it."""
        path = self.store.with_name(name)
        path.write_bytes(data)
        refused = self.refused(path)
        try:
            methcohort.verify(path)
        except StoreError as error:
            assert str(error).startswith(str(path)), error
        else:
            assert data == self.data, "verify did not see it"
        if len(refused) == len(READINGS):
            return "nothing can be read"
        return "a part cannot be read" if refused else "all is read right"

    def refused(self, path: Path) -> list[str]:
        """Names of what cannot be read; all else is as it was."""
        try:
            store = methcohort.open_store(path)
        except StoreError as error:
            assert str(error).startswith(str(path)), error
            return list(READINGS)
        refused = []
        with store:
            for name, read in READINGS.items():
                try:
                    found = _plain(read(store))
                except StoreError as error:
                    assert str(error).startswith(str(path)), error
                    assert "\n" not in str(error), error
                    refused.append(name)
                else:
                    assert found == self.right[name], f"{name}: other values"
        return refused

    def in_child(self, data: bytes) -> str:
        """Do the same in a child, which may neither crash nor hang nor take much memory."""
        return child(lambda: self.outcome(data))


def child(work: Callable[[], str]) -> str:
    """Return what a function returns that runs in a forked process."""
    out, into = os.pipe()
    pid = fork()
    if not pid:
        signal.alarm(_SECONDS)
        os.close(out)
        text = _limited(work)
        with os.fdopen(into, "w", encoding="utf-8") as pipe:
            pipe.write(text)
        os._exit(0)
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as pipe:
        text = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == 0, f"the reader ended with {code}"
    assert text.startswith("\n") is False, text
    return text


def _limited(work: Callable[[], str]) -> str:
    """Return what a function returns; what it raises comes after an empty line."""
    try:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (taken + _MORE_MEMORY, hard))
        return work()
    except BaseException:
        return "\n" + traceback.format_exc()


class BitFlips:
    """One bit of a store is turned."""

    def __init__(self, folder: Path) -> None:
        self._damage = Damage(folder)

    def trial(self, rng: random.Random) -> str:
        """Turn a bit anywhere."""
        data = bytearray(self._damage.data)
        bit = rng.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
        return f"bit flip: {self._damage.in_child(bytes(data))}, verify tells"


class Cuts:
    """A store is cut short or goes on."""

    def __init__(self, folder: Path) -> None:
        self._damage = Damage(folder)

    def trial(self, rng: random.Random) -> str:
        """Cut anywhere, or where a page ends, or append something."""
        data = self._damage.data
        kind = rng.choice(["cut", "cut at a page", "continued"])
        if kind == "cut":
            data = data[: rng.randrange(len(data))]
        elif kind == "cut at a page":
            data = data[: rng.randrange(0, len(data), 4096)]
        else:
            data += rng.choice([b"\0" * rng.randint(1, 9000), rng.randbytes(rng.randint(1, 9000))])
        return f"{kind}: {self._damage.in_child(data)}, verify tells"


class Sectors:
    """Many bytes of a store are others: zeros, another file's, or its own of another place."""

    def __init__(self, folder: Path) -> None:
        self._damage = Damage(folder)

    def trial(self, rng: random.Random) -> str:
        """Damage some sectors of 512 bytes, or a range of any length."""
        kind, damage = rng.choice(
            [
                ("sector of zeros", _zeroed),
                ("page of another file", _replaced),
                ("sectors swapped", _swapped),
                ("range repeated", _repeated),
                ("range lost", _lost),
                ("range copied elsewhere", _copied),
            ]
        )
        data = damage(self._damage.data, rng)
        if data == self._damage.data:
            return f"{kind}: no change"
        return f"{kind}: {self._damage.in_child(data)}, verify tells"


def _sector(data: bytes, rng: random.Random, size: int = 512) -> int:
    return rng.randrange(0, len(data) - size + 1, size)


def _put(data: bytes, at: int, part: bytes) -> bytes:
    return data[:at] + part + data[at + len(part) :]


def _zeroed(data: bytes, rng: random.Random) -> bytes:
    return _put(data, _sector(data, rng), bytes(512))


def _replaced(data: bytes, rng: random.Random) -> bytes:
    text = b"".join(b"chr1\t%d\t50.0\t1\t1\n" % k for k in range(400))
    part = rng.choice([rng.randbytes(4096), text[:4096], b"\xff" * 4096])
    return _put(data, _sector(data, rng, 4096), part)


def _swapped(data: bytes, rng: random.Random) -> bytes:
    size = rng.choice([512, 4096])
    one, other = _sector(data, rng, size), _sector(data, rng, size)
    swapped = _put(data, one, data[other : other + size])
    return _put(swapped, other, data[one : one + size])


def _range(data: bytes, rng: random.Random) -> tuple[int, int]:
    start, stop = sorted(rng.sample(range(len(data) + 1), 2))
    return start, stop


def _repeated(data: bytes, rng: random.Random) -> bytes:
    start, stop = _range(data, rng)
    return data[:stop] + data[start:]


def _lost(data: bytes, rng: random.Random) -> bytes:
    start, stop = _range(data, rng)
    return data[:start] + data[stop:]


def _copied(data: bytes, rng: random.Random) -> bytes:
    start, stop = _range(data, rng)
    return _put(data, rng.randrange(len(data) - (stop - start) + 1), data[start:stop])
