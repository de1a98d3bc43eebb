"""Text files, sheets and whole simulated cohorts for the tests, and the comparison of stores."""

import gzip
import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import oracle

import methcohort

Row = tuple[str, int | str, str, int | str, int | str]
HEADER = "chr pos pct c t"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
SEPARATORS = {"tab": ["\t"], "blank": [" "], "mixed": ["\t", " ", "  ", "\t \t"]}
COUNTS = (
    "n_rows",
    "n_sites",
    "sum_c",
    "sum_t",
    "largest_count",
    "n_dropped_chroms",
    "n_dropped_uncovered",
    "n_dropped_duplicates",
    "n_summed_duplicates",
    "n_dropped_sites",
)


@dataclass(frozen=True)
class Style:
    """How rows are written down; none of it changes what they mean."""

    sep: str = "tab"
    eol: str = "\n"
    header: bool = False
    comments: bool = False
    indent: bool = False
    bom: bool = False
    last_newline: bool = True
    compress: str = "none"

    def text(self, rows: Iterable[Row]) -> bytes:
        """The rows as bytes, before compression."""
        separators = SEPARATORS[self.sep]
        lines = []
        if self.comments:
            lines += ["# made by a test", "", "\t#indented\x00"]
        if self.header:
            lines.append(HEADER.replace(" ", separators[-1]))
        for i, row in enumerate(rows):
            line = separators[i % len(separators)].join(map(str, row))
            lines.append(f" {line}\t " if self.indent else line)
            if self.comments and i % 3 == 0:
                lines += [" \t", "#between"]
        end = self.eol if self.last_newline and lines else ""
        bom = b"\xef\xbb\xbf" if self.bom else b""
        return bom + (self.eol.join(lines) + end).encode()


def compress(text: bytes, kind: str) -> bytes:
    """The text as `none`, `gzip`, `multi` (several members) or `bgzip` (blocks, end block)."""
    if kind == "none":
        return text
    if kind == "gzip":
        return gzip.compress(text, 1, mtime=0)
    size = max(1, len(text) // 3 + 1) if kind == "multi" else 50_000
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    if kind == "multi":
        return b"".join(gzip.compress(part, 1, mtime=0) for part in [*parts, b""])
    return b"".join(map(_bgzf_block, parts)) + BGZF_END


def _bgzf_block(part: bytes) -> bytes:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = deflate.compress(part) + deflate.flush()
    head = bytes.fromhex("1f8b08040000000000ff060042430200")
    size = struct.pack("<H", len(head) + 2 + len(body) + 8 - 1)
    return head + size + body + struct.pack("<II", zlib.crc32(part), len(part))


def write_sample(path: Path, rows: Iterable[Row], **style: Any) -> Path:
    """Write one sample's rows in a style."""
    how = Style(**style)
    path.write_bytes(compress(how.text(rows), how.compress))
    return path


def write_sheet(path: Path, rows: Sequence[Sequence[str]], extra: Sequence[str] = ()) -> Path:
    """Write a sheet of (sample, path, cohort, further values...)."""
    lines = ["\t".join(["sample", "path", "cohort", *extra]), *map("\t".join, rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass
class Cohort:
    """Files of one cohort, their sheet, and what the files hold."""

    root: Path
    names: list[str]
    paths: list[Path]
    sheet: Path
    extra: dict[str, list[str]] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)

    def expected(self, config: dict[str, Any] | None = None) -> oracle.Expected:
        """What the slow and obvious way makes of these files."""
        return oracle.merge([oracle.read_text(path, config) for path in self.paths], config)

    def build(self, name: str = "store.h5", **options: Any) -> Path:
        """Build a store beside the files, in this process unless told otherwise."""
        target = self.root / name
        methcohort.build(self.sheet, target, **{"workers": 0} | options)
        return target


def make_cohort(
    root: Path,
    samples: Sequence[Sequence[Row]],
    *,
    styles: Sequence[dict[str, Any]] = ({},),
    names: Sequence[str] | None = None,
    extra: dict[str, list[str]] | None = None,
    form: str = "",
) -> Cohort:
    """Write samples, given as rows, and their sheet.

    Files without reads show no format, so the sheet names it; `form` names it for all of them, and
    `format` in `extra` for each.
    """
    root.mkdir(parents=True, exist_ok=True)
    names = list(names or [f"s{i + 1}" for i in range(len(samples))])
    paths = []
    for i, rows in enumerate(samples):
        style = styles[i % len(styles)]
        end = ".txt" if style.get("compress", "none") == "none" else ".txt.gz"
        paths.append(write_sample(root / f"sample_{i + 1}{end}", rows, **style))
    further = dict(extra or {})
    told = [
        form or ("auto" if any(row[3] or row[4] for row in rows) else "five_column")
        for rows in samples
    ]
    forms = further.pop("format", told)
    lines = [
        [name, str(path), "one", forms[i], *(values[i] for values in further.values())]
        for i, (name, path) in enumerate(zip(names, paths, strict=True))
    ]
    sheet = write_sheet(root / "samples.tsv", lines, ["format", *further])
    return Cohort(root, names, paths, sheet, further)


def simulate(
    seed: int,
    n_samples: int,
    sites: dict[str, int],
    *,
    coverage: float = 0.6,
    max_count: int = 40,
    spacing: int = 30,
) -> tuple[list[list[Row]], dict[str, Any]]:
    """Draw a cohort: rows of each sample, sorted, and the true tables behind them."""
    rng = np.random.default_rng(seed)
    names = [name for name, n in sites.items() for _ in range(n)]
    pos = [p for n in sites.values() for p in np.cumsum(rng.integers(1, spacing, n)).tolist()]
    shape = n_samples, len(pos)
    depth = rng.integers(1, max_count + 1, shape) * (rng.random(shape) < coverage)
    c = rng.binomial(depth, rng.random(len(pos)))
    t = depth - c
    samples: list[list[Row]] = []
    for i in range(n_samples):
        seen = np.flatnonzero(depth[i]).tolist()
        ci, ti = c[i].tolist(), t[i].tolist()
        samples.append(
            [(names[j], pos[j], f"{100 * ci[j] / (ci[j] + ti[j]):.4f}", ci[j], ti[j]) for j in seen]
        )
    return samples, {"chrom": names, "pos": pos, "c": c, "t": t}


def strings(dataset: h5py.Dataset) -> list[str]:
    """Strings of a dataset; they must be of fixed length and UTF-8."""
    kind = h5py.check_string_dtype(dataset.dtype)
    assert kind is not None, dataset.name
    assert kind.length is not None, f"{dataset.name} has strings of variable length"
    assert kind.encoding == "utf-8", dataset.name
    return [bytes(value).decode() for value in dataset[...].ravel()]


def _check_storage(file: h5py.File) -> None:
    """Every dataset is chunked and deflated; no attribute has a variable length."""

    def check(name: str, item: h5py.Dataset | h5py.Group) -> None:
        for key in item.attrs:
            kind = item.attrs.get_id(key).dtype
            assert kind.kind in "SUiufb", f"attribute {key} of {name}: {kind}"
        if isinstance(item, h5py.Dataset):
            assert item.chunks is not None, f"{name} is not chunked"
            assert item.compression == "gzip", f"{name} is not deflated"

    file.visititems(check)
    check("/", file)


def _check_plain(path: Path, expected: oracle.Expected, names: Sequence[str]) -> None:
    """Read the store with nothing but h5py."""
    layers = ["c", "t"] if expected.pct is None else ["c", "t", "pct"]
    with h5py.File(path, "r") as file:
        _check_storage(file)
        assert file.attrs["format"] in ("methcohort", b"methcohort")
        assert file.attrs["format-version"] in ("1.0", b"1.0")
        for key in ("assembly", "generated-by", "layers", "digest", "provenance"):
            assert key in file.attrs, key
        provenance = json.loads(file.attrs["provenance"])
        assert not {"threads", "memory", "scratch"} & set(json.dumps(provenance).split('"'))
        assert strings(file["chroms/name"]) == expected.chroms
        assert file["chroms/offset"].dtype == np.int64
        assert file["chroms/offset"][...].tolist() == expected.offset
        assert file["sites/pos"].dtype == np.int32
        assert file["sites/pos"][...].tolist() == expected.flat_pos
        assert strings(file["samples/name"]) == list(names)
        assert sorted(file["layers"]) == sorted(layers)
        for layer in layers:
            want = getattr(expected, layer)
            stored = file["layers"][layer]
            assert stored.dtype == want.dtype, layer
            np.testing.assert_array_equal(stored[...], want, err_msg=layer)
            digests = file["digests"][layer]
            assert (digests.dtype, digests.shape[0]) == (np.uint8, len(names))
            assert digests.shape[2] == 32
        _check_counts(file, expected)


def _check_counts(file: h5py.File, expected: oracle.Expected) -> None:
    """Counts of each sample and of each input."""
    for key in COUNTS:
        want = [counts.get(key, 0) for counts in expected.counts]
        assert file["samples"][key][...].tolist() == want, key
    inputs = file["inputs"]
    assert inputs["sample"].dtype == np.int32
    assert inputs["sample"][...].tolist() == list(range(len(expected.counts)))
    want = [counts.get("n_rows", 0) for counts in expected.counts]
    assert inputs["n_rows"][...].tolist() == want
    assert set(strings(inputs["format"])) == {"five_column"}
    for key in ("path", "size", "sha256"):
        assert inputs[key].shape[0] == len(expected.counts), key


def _check_opened(path: Path, expected: oracle.Expected, names: Sequence[str]) -> None:
    """Read the store with the package itself, by region and by sample."""
    with methcohort.open_store(path) as store:
        assert tuple(store.samples) == tuple(names)
        assert tuple(store.chroms) == tuple(expected.chroms)
        assert store.layers == (("c", "t") if expected.pct is None else ("c", "t", "pct"))
        assert store.n_sites == len(expected.flat_pos)
        assert store.chrom_offset.tolist() == expected.offset
        assert np.asarray(store.pos[...]).tolist() == expected.flat_pos
        for i in {0, len(names) - 1}:
            view = store.sample(names[i])
            for layer in store.layers:
                np.testing.assert_array_equal(getattr(view, layer), getattr(expected, layer)[i])
        for i in {0, len(expected.chroms) - 1} if expected.chroms else ():
            name, part = expected.chroms[i], slice(expected.offset[i], expected.offset[i + 1])
            region = store.region(name)
            assert region.pos.tolist() == expected.pos[name]
            for layer in store.layers:
                want = getattr(expected, layer)[:, part]
                np.testing.assert_array_equal(getattr(region, layer), want)


def assert_store_equals(path: Path, expected: oracle.Expected, names: Sequence[str]) -> None:
    """The store holds exactly what is expected, by h5py alone and by the package."""
    _check_plain(path, expected, names)
    _check_opened(path, expected, names)
