"""Stores that claim what they do not hold: of each part an impossible place, type, shape or value.

Whatever is made of it, by whichever command, is one sentence or what is right, soon and in little
memory. The forgeries follow from the table of the parts of the format.
"""

import json
import random
import resource
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cohorts
import h5py
import numpy as np
from h5py import h5p, h5s
from processes import load_all_kernels

import methcohort
from methcohort import ConfigError, InputError, MethcohortError, StoreError
from methcohort.store.digest import content_digest
from methcohort.store.schema import FILTER_COUNTS, KIND_NAMES, LENGTHS, PARTS
from methcohort.store.seal import append_seal
from trials.damage import READINGS, _plain, child

Forgery = Callable[[h5py.File], None]

SECONDS, MEMORY = 5.0, 500 << 20
_SEAL_BYTES = 64
_GROUPS = sorted({name.split("/")[0] for name in PARTS})
_TEXTS = ("format", "format-version", "assembly", "generated-by", "digest", "provenance")
_ATTRIBUTES = (*_TEXTS, "layers", "rows-agree", "sites/strand:legend", "sites/context:legend")
_VERSIONS = ("1.²", "1." + "9" * 5000, "9" * 5000, "²", "1.0.1", "1.", ".1", "-1.0", "1.0\n", "1.٢")


def forgeries(names: Iterator[str] | None = None) -> dict[str, Forgery]:
    """Each forgery by its name; `values` in it are of the right shape and type."""
    found: dict[str, Forgery] = {}
    own = [name for name in PARTS if name.removeprefix("samples/") not in FILTER_COUNTS]
    for name in names or own:
        for how, edit in _of_dataset(name).items():
            found[f"{name}: {how}"] = edit
    for group in _GROUPS:
        for how, edit in _of_place(group).items():
            found[f"{group}: {how}"] = edit
    for name in _ATTRIBUTES:
        for how, edit in _of_attribute(name).items():
            found[f"attribute {name}: {how}"] = edit
    return found | _OTHERS


def _of_place(name: str) -> dict[str, Forgery]:
    """What else may stand where a group or dataset is."""

    def put(item: Any) -> Forgery:
        def edit(file: h5py.File) -> None:
            del file[name]
            if item is not None:
                file[name] = item

        return edit

    def group(file: h5py.File) -> None:
        del file[name]
        file.create_group(name)

    return {
        "absent": put(None),
        "soft link": put(h5py.SoftLink("/digests/c")),
        "dangling link": put(h5py.SoftLink("/nowhere")),
        "link to itself": put(h5py.SoftLink(f"/{name}")),
        "external link": put(h5py.ExternalLink("/etc/passwd", "/x")),
        "group": group,
        "number": put(np.int64(3)),
        "type": put(np.dtype("i4")),
        "null": put(h5py.Empty("i8")),
    }


def _of_dataset(name: str) -> dict[str, Forgery]:
    """What a dataset may be, or hold, that it must not."""
    axes = len(PARTS[name].axes)
    big = 1 << 45

    def made(shape: tuple[int, ...], dtype: Any, **options: Any) -> Forgery:
        """A dataset of which nothing is written."""

        def edit(file: h5py.File) -> None:
            del file[name]
            file.create_dataset(name, shape, dtype, **options)

        return edit

    def like(change: Callable[[h5py.Dataset], tuple[tuple[int, ...], Any, Any]]) -> Forgery:
        """A contiguous dataset made from the one that is there."""

        def edit(file: h5py.File) -> None:
            shape, dtype, data = change(file[name])
            del file[name]
            file.create_dataset(name, shape, dtype, data=data)

        return edit

    def values(of: Callable[[np.dtype[Any]], Any]) -> Forgery:
        """Other values, all alike."""

        def edit(file: h5py.File) -> None:
            dataset = file[name]
            if dataset.size:
                dataset.id.write(
                    h5s.ALL, h5s.ALL, np.full(dataset.shape, of(dataset.dtype), dataset.dtype)
                )
            _consistent(file)

        return edit

    own = "S200" if PARTS[name].types == ("S",) else PARTS[name].types[0]
    wide = (big, *[3] * (axes - 1))
    chunk = (1000, *[3] * (axes - 1))
    deflated = {"compression": "gzip", "chunks": chunk}
    return _of_place(name) | {
        "huge": made(wide, own, **deflated),
        "huge, to grow": made(wide, own, maxshape=(None,) * axes, **deflated),
        "huge, no chunks": made(wide, own),
        "3e7": made((30_000_000, *[3] * (axes - 1)), own, **deflated),
        "wide texts": made((3,) * axes, "S500000000", chunks=(1,) * axes),
        "unwritten": like(lambda d: (d.shape, d.dtype, None)),
        "unwritten chunks": lambda file: _anew(file, name, chunks=True),
        "huge chunks": lambda file: _huge_chunks(file, name),
        "small file, many bytes": lambda file: _bomb(file, name),
        "filters twice": lambda file: _twice(file, name),
        "fewer": like(lambda d: ((0, *d.shape[1:]), d.dtype, None)),
        "one more": like(lambda d: _longer(d[()])),
        "an axis more": like(lambda d: ((*d.shape, 1), d.dtype, d[()].reshape(*d.shape, 1))),
        "floats": like(lambda d: (d.shape, "f8", np.zeros(d.shape))),
        "integers, or values of 2^62": like(lambda d: (d.shape, "i8", np.full(d.shape, 1 << 62))),
        "unsigned": like(lambda d: (d.shape, "u8", np.full(d.shape, (1 << 64) - 1, "u8"))),
        "compound": like(lambda d: (d.shape, [("a", "i4"), ("b", "S9")], None)),
        "truths": like(lambda d: (d.shape, "?", None)),
        "texts, or values of two letters": like(lambda d: (d.shape, "S5", np.full(d.shape, b"ab"))),
        "variable texts": like(lambda d: (d.shape, h5py.string_dtype(), None)),
        "lists": like(lambda d: (d.shape, h5py.vlen_dtype("i4"), None)),
        "references": like(lambda d: (d.shape, h5py.ref_dtype, None)),
        "lowest values": values(lambda t: b"" if t.kind == "S" else _ends(t)[0]),
        "highest values": values(lambda t: b"\xff" if t.kind == "S" else _ends(t)[1]),
        "values of 2^62": values(lambda t: b"\0x" if t.kind == "S" else min(_ends(t)[1], 1 << 62)),
        "values of 1": values(lambda t: b"~" if t.kind == "S" else 1),
    }  # fmt: skip


def _longer(values: Any) -> tuple[tuple[int, ...], Any, Any]:
    shape = len(values) + 1, *values.shape[1:]
    return shape, values.dtype, np.resize(values, shape)


def _ends(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    if dtype.kind == "f":
        return -np.inf, np.inf
    return np.iinfo(dtype).min, np.iinfo(dtype).max


def _consistent(file: h5py.File) -> None:
    """Have the digest of the content be that of what is there, where it has one."""
    try:
        digest = content_digest(file, KIND_NAMES)
    except (ValueError, TypeError, KeyError):
        return
    _set(file, "digest", np.bytes_(digest))


def _anew(file: h5py.File, name: str, **options: Any) -> None:
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    file.create_dataset(name, shape, dtype, **options)


def _huge_chunks(file: h5py.File, name: str) -> None:
    """Chunks of almost 4 GB, which only a dataset that may grow can have."""
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    n = ((1 << 32) - 1) // (dtype.itemsize * 2 ** (len(shape) - 1))
    file.create_dataset(
        name, shape, dtype, chunks=(n, *[2] * (len(shape) - 1)), maxshape=[None] * len(shape),
        compression="gzip",
    )  # fmt: skip


def _bomb(file: h5py.File, name: str) -> None:
    """A chunk of 64 MB that is stored as 64 kB."""
    dtype, axes = file[name].dtype, len(file[name].shape)
    del file[name]
    n = (1 << 26) // dtype.itemsize // (8 if axes > 1 else 1)
    shape = (n,) if axes == 1 else (8, n) if axes == 2 else (8, n // 32, 32)
    dataset = file.create_dataset(name, shape, dtype, chunks=shape, compression="gzip")
    size = int(np.prod(shape)) * dtype.itemsize
    dataset.id.write_direct_chunk((0,) * axes, zlib.compress(bytes(size), 9))


def _twice(file: h5py.File, name: str) -> None:
    """A chunk that is deflated twice."""
    data = file[name][()]
    kind = file[name].id.get_type().copy()
    if not data.size:
        return
    del file[name]
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk(data.shape)
    plist.set_deflate(3)
    plist.set_deflate(3)
    space = h5s.create_simple(data.shape)
    made = h5py.h5d.create(file.id, name.encode(), kind, space, plist)
    made.write_direct_chunk((0,) * data.ndim, zlib.compress(zlib.compress(data.tobytes())))


def _set(item: Any, name: str, value: Any, dtype: Any = None) -> None:
    if name in item.attrs:
        del item.attrs[name]
    item.attrs.create(name, value, dtype=dtype)


def _of_attribute(name: str) -> dict[str, Forgery]:
    """What an attribute may be that it must not."""
    place, _, leaf = name.rpartition(":")

    def put(value: Any, dtype: Any = None) -> Forgery:
        return lambda file: _set(file[place or "/"], leaf, value, dtype)

    found = {
        "absent": lambda file: file[place or "/"].attrs.__delitem__(leaf),
        "number": put(np.int64(5)),
        "empty": put(np.bytes_(b"")),
        "null": put(h5py.Empty("S3")),
        "variable": put("x" * 100),
        "list": put(np.array([b"c", b"t", b"pct"])),
        "list of 12,000": put(np.array([b"%d" % k for k in range(12_000)])),
        "table": put(np.array([[b"c", b"t"]])),
        "no list": put(np.array([], "S3")),
        "compound": put(np.zeros(2, [("a", "i4"), ("b", "S4")])),
        "truth": put(True),
        "no UTF-8": put(np.bytes_(b"\xff\xfe")),
        "digits": put(np.bytes_(b"9" * 5000)),
        "long": put(np.bytes_(b"x" * 60_000)),
        "NUL within": put(np.bytes_(b"a\0b")),
    }
    return found


def _version(text: str) -> Forgery:
    return lambda file: _set(file, "format-version", np.bytes_(text.encode()))


def _provenance(change: Callable[[dict[str, Any]], Any]) -> Forgery:
    def edit(file: h5py.File) -> None:
        told = json.loads(file.attrs["provenance"])
        other = change(told)
        _set(file, "provenance", np.bytes_(json.dumps(told if other is None else other).encode()))

    return edit


def _many_sites(file: h5py.File) -> None:
    """An offset that ends with 2^45, and positions to go with it, where no strand is known."""
    file["chroms/offset"][-1] = 1 << 45
    for name in ("sites/strand", "sites/context", "digests/strand", "digests/context"):
        del file[name]
    del file["sites/pos"]
    file.create_dataset("sites/pos", (1 << 45,), "i4", chunks=(1 << 16,), compression="gzip")


def _format(text: bytes) -> Forgery:
    def edit(file: h5py.File) -> None:
        n = len(file["inputs/format"])
        del file["inputs/format"]
        file["inputs/format"] = np.full(n, text)

    return edit


def _large_attributes(file: h5py.File) -> None:
    """An attribute of 30 MB beside the others, which are no longer in the header of the root."""
    told = {name: file.attrs[name] for name in file.attrs}
    name = file.filename
    file.close()
    with h5py.File(name, "r+", libver="latest") as again:
        del again.attrs["provenance"]
        again.attrs.create("provenance", np.bytes_(b"x" * (30 << 20)))
        assert set(again.attrs) == set(told)


_OTHERS: dict[str, Forgery] = {
    "attribute provenance: large": _large_attributes,
    "sites to 2^45": _many_sites,
    **{f"format version {text[:9]!r}, {len(text)}": _version(text) for text in _VERSIONS},
    **{
        f"input format {text!r}": _format(text)
        for text in (b"nothing", b"", b"auto", b"five_column:2", b":", b"a\0b", b"custom", b"\xff")
    },
    "provenance: no software": _provenance(lambda told: told["software"].clear()),
    "provenance: numbers as software": _provenance(lambda told: told.update(software={"a": 1})),
    "provenance: empty config": _provenance(lambda told: told["config"].clear()),
    "provenance: NUL in a path": _provenance(
        lambda told: told.update(bed={"path": "a\0b", "sha256": "0" * 64})
    ),
    "provenance: a device": _provenance(
        lambda told: told.update(reference={"path": "/dev/zero", "sha256": ""})
    ),
    **{
        f"provenance: {key} {value!r}": _provenance(
            lambda told, key=key, value=value: told["config"].update({key: value})
        )
        for key in (
            "sites", "min_samples", "chroms", "contexts", "strands", "modification", "reference",
            "inexact_counts", "base_check", "off_reference", "aliases", "custom", "layers",
            "chrom_sizes",
            "chunks", "duplicates", "uncovered", "pct_check", "pct_tolerance", "deflate_level",
            "assembly",
        )
        for value in (None, 1 << 62, "\0", [], {}, [1 << 62, -1], {"a": {"b": []}})
    },
}  # fmt: skip


class Forged:
    """A part of a store has an impossible place, type, shape or value, and the seal fits."""

    def __init__(self, folder: Path) -> None:
        load_all_kernels()
        self.folder = folder
        rows, _ = cohorts.simulate(5, 6, {"chr1": 420, "chr2": 130, "chrX": 30}, max_count=200)
        extra = {
            "group": ["a", "b", "a", "b", ""],
            "format": ["bismark_report", *["five_column"] * 4],
        }
        made = cohorts.make_cohort(folder, rows[:5], extra=extra)
        report = [f"{chrom}\t{pos}\t+\t{c}\t{t}\tCG\tCGA\n" for chrom, pos, _, c, t in rows[0]]
        made.paths[0].write_text("".join(report), encoding="utf-8")
        sizes = folder / "chrom.sizes"
        sizes.write_text("".join(f"chr{name} 1000000000\n" for name in (1, 2, "X")))
        self._config = {"chunks": [2, 256], "chrom_sizes": str(sizes)}
        self.store = made.build(config=self._config)
        self._sheet = made.sheet
        path = cohorts.write_sample(folder / "more.txt", rows[5])
        self._more = cohorts.write_sheet(folder / "more.tsv", [["more", str(path), "o"]])
        other = cohorts.write_sample(folder / "other.txt", rows[5])
        self._instead = cohorts.write_sheet(folder / "other.tsv", [["s2", str(other), "o"]])
        self._second = folder / "second.h5"
        methcohort.build(self._more, self._second, workers=0, config=self._config)
        self._data = self.store.read_bytes()[:-_SEAL_BYTES]
        self.all = forgeries()
        with methcohort.open_store(self.store) as store:
            self.right = {name: _plain(read(store)) for name, read in READINGS.items()}
        self._outputs = {
            name: self._output(work, self.store) for name, work in self.growing.items()
        }

    @property
    def growing(self) -> dict[str, Callable[[Path, Path], Any]]:
        """Commands that make another store of one."""
        none = {"workers": 0}
        return {
            "add": lambda path, out: methcohort.add(path, self._more, output=out, **none),
            "remove": lambda path, out: methcohort.remove(path, ["s2"], output=out, **none),
            "replace": lambda path, out: methcohort.replace(
                path, self._instead, output=out, **none
            ),
            "merge": lambda path, out: methcohort.merge([path, self._second], out, **none),
            "earlier": lambda path, out: methcohort.build(
                self._sheet, out, earlier=path, config=self._config, **none
            ),
        }

    def trial(self, rng: random.Random) -> str:
        """Try a forgery with all commands, in a child."""
        kind = rng.choice(list(self.all))
        return child(lambda: self.outcome(kind))

    def outcome(self, kind: str) -> str:
        """Say in a few words what comes of a forgery; raise AssertionError where it is bad."""
        path = self.forge(kind)
        part = kind.partition(":")[0].partition("/")[0].partition(" ")[0]
        read, made = self.reading(kind, path), self.making(kind, path)
        return f"{part}: reading {read}, taking samples {made}"

    def forge(self, kind: str) -> Path:
        """Write a forged store."""
        path = self.folder / "forged.h5"
        path.write_bytes(self._data)
        with h5py.File(path, "r+", libver=("v110", "v110")) as file:
            self.all[kind](file)
        append_seal(path)
        return path

    def reading(self, kind: str, path: Path, *, commands: bool = True) -> str:
        """Read all that can be read of a store; also its text, unless told otherwise."""
        refused = self._refused(kind, path)
        assert str(path) not in opened(), "the file is still open"
        verify: dict[str, Callable[[], Any]] = {
            "verify": lambda: methcohort.verify(path),
            "verify --inputs": lambda: methcohort.verify(path, inputs=True, workers=0),
        }
        for name, work in list(verify.items())[: 1 + commands]:
            with bounded(f"{name} of {kind}"):
                try:
                    work()
                except MethcohortError as error:
                    said(error, path)
                    refused.append(name)
        assert str(path) not in opened(), "the file is still open"
        return "refused in part" if refused else "right"

    def making(self, kind: str, path: Path) -> str:
        """Make other stores of a store; they are as if made of the right one, or not made."""
        refused = []
        for name, work in self.growing.items():
            with bounded(f"{name} of {kind}"):
                try:
                    data = self._output(work, path)
                except MethcohortError as error:
                    said(error, path)
                    assert name != "earlier", error
                    refused.append(name)
                else:
                    assert believed(kind) or data == self._outputs[name], f"{name} of {kind}"
        return "refused in part" if refused else "right"

    def _refused(self, kind: str, path: Path) -> list[str]:
        """Names of what cannot be read; all else is as it was, if the values may not differ."""
        with bounded(f"open of {kind}"):
            try:
                store = methcohort.open_store(path)
            except StoreError as error:
                said(error, path)
                for name in ("info", "query"):
                    assert raises(name, path), f"{name} reads what cannot be opened"
                return list(READINGS)
        refused = []
        with store:
            for name, read in READINGS.items():
                with bounded(f"{name} of {kind}"):
                    try:
                        found = _plain(read(store))
                    except StoreError as error:
                        said(error, path)
                        refused.append(name)
                    else:
                        assert believed(kind) or found == self.right[name], f"{name} of {kind}"
        return refused

    def _output(self, work: Callable[[Path, Path], Any], path: Path) -> bytes:
        out = self.folder / "out.h5"
        out.unlink(missing_ok=True)
        work(path, out)
        return out.read_bytes()


def believed(kind: str) -> bool:
    """Whether what is told is of the right form, so that it may be taken for what it says."""
    if kind == f"{LENGTHS}: absent":  # which a store may be without
        return True
    return "values" in kind or ": " not in kind or kind.startswith(("attribute", "provenance"))


def raises(name: str, path: Path) -> bool:
    """Whether a command refuses a store."""

    class _Path:
        pass

    store = _Path()
    store.path = path  # type: ignore[attr-defined]
    try:
        READINGS[name](store)  # type: ignore[arg-type]
    except StoreError:
        return True
    return False


def said(error: MethcohortError, path: Path) -> None:
    """Expect an error to be a short text that names the store, a line each fault."""
    assert not isinstance(error, MemoryError), error
    text = str(error)
    assert str(path.parent) in text or isinstance(error, ConfigError | InputError), text
    assert len(text) < 20_000, len(text)
    assert all(line.strip() for line in text.splitlines()), text


class bounded:
    """Expect what is done to take little time and memory."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        self._start = time.process_time()
        self._peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is not None and not isinstance(error, AssertionError):
            error.add_note(self._what)
        taken = time.process_time() - self._start
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._peak
        assert taken < SECONDS, f"{self._what} took {taken:.1f} s"
        assert more << 10 < MEMORY, f"{self._what} took {more >> 10} MiB"


def opened() -> set[str]:
    """Files that this process has open, where the system tells."""
    found = set()
    for entry in Path("/proc/self/fd").glob("*"):
        try:
            found.add(str(entry.readlink()))
        except OSError:
            continue
    return found
