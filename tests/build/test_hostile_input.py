"""Input made to surprise: odd kinds of files, names, configurations, and bombs. F23 to F31."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cohorts import BGZF_END, assert_store_equals, compress, make_cohort, write_sheet
from comparison import Comparison
from places import ROOT
from processes import command_line

import methcohort
from methcohort.cohort.config import read_config
from methcohort.cohort.sheet import read_cohort
from methcohort.cohort.sheet_text import MAX_CELL_BYTES, MAX_SHEET_BYTES
from methcohort.core.errors import ConfigError, InputError, MethcohortError
from methcohort.files.strict_yaml import MAX_BYTES
from methcohort.genome.bed import MAX_SITES, read_bed

ROWS = b"".join(b"chr1\t%d\t50\t1\t1\n" % i for i in range(1, 20_000))
pytestmark = pytest.mark.filterwarnings("ignore")


def message_of(path: Path, **config: Any) -> str:
    """What a build of a cohort with this file says, without the file's name."""
    sheet = write_sheet(path.parent / "sheet.tsv", [["a", str(path), "one"]])
    with pytest.raises(InputError) as caught:
        methcohort.build(sheet, path.parent / "store.h5", workers=0, config=config)
    assert not (path.parent / "store.h5").exists()
    message = str(caught.value)
    assert message.startswith(str(path))
    assert len(message) < 1000
    assert message.isprintable()
    return message.removeprefix(str(path))


def archive(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("sample.txt", content)
    return packed.getvalue()


def tar(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        info = tarfile.TarInfo("sample.txt")
        info.size = len(content)
        opened.addfile(info, io.BytesIO(content))
    return packed.getvalue()


BAM = b"BAM\x01\x00\x00\x00\x00\x01\x00\x00\x00" + bytes(range(256)) * 30
KINDS: dict[str, tuple[bytes, str, str]] = {
    "bzip2": (bz2.compress(ROWS), "a bzip2 file", "bunzip2"),
    "xz": (lzma.compress(ROWS), "an xz file", "unxz"),
    "zstd": (b"\x28\xb5\x2f\xfd\x00" + bytes(range(256)) * 9, "a Zstandard file", "unzstd"),
    "zip": (archive(ROWS), "a zip archive", "unpack"),
    "tar.gz": (tar(ROWS), "a tar archive", "tar -xf"),
    "gzip twice": (gzip.compress(gzip.compress(ROWS, mtime=0)), "gzip within gzip", "gunzip"),
    "bam": (compress(BAM, "bgzip"), "a BAM file", "methylation calls"),
    "cram": (b"CRAM\x03\x00" + bytes(range(256)) * 9, "a CRAM file", "methylation calls"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(2000), "an HDF5 file", "text"),
    "parquet": (b"PAR1\x15\x04\x15" + bytes(range(256)) * 9, "a Parquet file", "as text"),
    "utf16 mark": (ROWS.decode().encode("utf-16"), "UTF-16", "iconv"),
    "utf16le": (ROWS.decode().encode("utf-16-le"), "UTF-16", "iconv"),
    "utf16be": (ROWS.decode().encode("utf-16-be"), "UTF-16", "iconv"),
    "zeros": (bytes(5000), "zero bytes", "again"),
    "web page": (b"\n <!doctype HTML>\n<html><body>404", "a web page", "download"),
}


@pytest.mark.parametrize("name", KINDS)
def test_other_kinds_of_files(tmp_path: Path, name: str) -> None:
    """F23: a file of another kind is named as what it is, with what to do."""
    content, kind, remedy = KINDS[name]
    path = tmp_path / "sample.txt.gz"
    path.write_bytes(content)
    message = message_of(path)
    assert kind in message
    assert remedy in message


def test_kinds_never_refuse(tmp_path: Path) -> None:
    """F23: good text whose first name is a magic number is taken, a bad line in it told as such."""
    for name in (b"BZh9", b"CRAM", b"PAR1", b"PK", b"ARROW1", b"<html"):
        path = tmp_path / "sample.txt"
        path.write_bytes(name + b"\t5\t50\t1\t1\n")
        made = make_cohort(tmp_path / name.decode().strip("<"), [[(name.decode(), 5, "50", 1, 1)]])
        assert_store_equals(made.build(), made.expected(), made.names)
    path.write_bytes(b"CRAM\t5\t50\t1\t1\nCRAM\tx\t50\t1\t1\n")
    assert message_of(path).startswith(", line 2: found 'x' as pos")


def test_lone_carriage_returns(tmp_path: Path) -> None:
    """F24: lines as old Macs end them, few and many, are told as that."""
    path = tmp_path / "sample.txt"
    for n in (2, 20_000, 200_000):
        path.write_bytes(ROWS[: 17 * n].replace(b"\n", b"\r") * (1 + n // 20_000))
        message = message_of(path)
        assert message.startswith(", line 1: found a carriage return inside a line"), n
        assert "old Macs" in message


FLIPPED = compress(ROWS, "bgzip")
FAULTY = compress(ROWS + b"chr1\tbad\n" + ROWS, "bgzip")
FIRST_BLOCK = int.from_bytes(FLIPPED[16:18], "little") + 1


@pytest.mark.parametrize("kind", ["gzip", "bgzip", "multi"])
def test_a_wrong_line_in_damaged_data(tmp_path: Path, kind: str) -> None:
    """F23: of damaged gzip data no line is blamed; the last line named was read rightly."""
    packed = compress(ROWS + b"chr1\tbad\n", kind)
    path = tmp_path / "sample.txt.gz"
    path.write_bytes(packed)
    assert message_of(path).startswith(", line 20000: found 2 columns")
    end = len(packed) - (len(BGZF_END) if kind == "bgzip" else 0)
    for damaged in (
        packed[: end - 8] + bytes([packed[end - 8] ^ 1]) + packed[end - 7 :],
        packed[: end - 3],
        packed[:-5],
        packed + b"\x1f\x8b\x08\x00\x00",
        packed + b"garbage",
    ):
        path.write_bytes(damaged)
        message = message_of(path)
        assert "line 20000: found" not in message
        assert "gzip" in message
        assert not message.startswith(", line")


@pytest.mark.parametrize("kind", ["gzip", "bgzip"])
def test_every_byte_of_gzip_data_flipped(tmp_path: Path, kind: str) -> None:
    """F23: a flipped byte is an error of the data, or changes nothing (time, name of the file)."""
    text = b"".join(b"chr1\t%d\t50\t%d\t%d\n" % (i, i, i) for i in range(1, 60))
    packed = compress(text, kind)
    taken = 0
    with Comparison(tmp_path) as comparison:
        for at in range(len(packed)):
            damaged = packed[:at] + bytes([packed[at] ^ 32]) + packed[at + 1 :]
            taken += comparison.check_damaged(damaged, text).startswith("taken")
    assert 0 < taken < 20


def test_longest_line_and_longest_name(tmp_path: Path) -> None:
    """F24: a line of exactly the limit is taken, one byte more refused; so are names."""
    row = b"chr1\t5\t50\t1\t1"
    limit = 1 << 20
    for end in (b"\n", b"", b"\n" + ROWS[70:]):
        made = make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]])
        made.paths[0].write_bytes(row + b" " * (limit - len(row)) + end)
        assert_store_equals(made.build(), made.expected(), made.names)
        made.paths[0].write_bytes(row + b" " * (limit + 1 - len(row)) + end)
        with pytest.raises(InputError, match="line 1: the line is longer"):
            made.build()
    (tmp_path / "names").mkdir()
    path = tmp_path / "names" / "sample.txt"
    path.write_bytes(b"c" * 4096 + row[4:] + b"\n" + b"c" * 4097 + row[4:] + b"\n")
    assert message_of(path).startswith(", line 2: the chromosome name 'ccc")


def test_many_samples(tmp_path: Path) -> None:
    """F27: 2000 samples, one chromosome each, sharing a site."""
    rows = [[("shared", 1, "50", 1, 1), (f"chr{i}", 7, "0", 0, 3)] for i in range(2000)]
    made = make_cohort(tmp_path, rows)
    store = made.build()
    with methcohort.open_store(store) as opened:
        assert (len(opened.samples), opened.n_sites) == (2000, 2001)
        assert opened.region("shared").c.sum() == 2000
        assert opened.region("chr1999").t.sum(axis=1).tolist() == [0] * 1999 + [3]


def test_a_hundred_thousand_contigs(tmp_path: Path) -> None:
    """F27: an assembly in pieces; each has one site, in natural order."""
    text = b"".join(b"c%d\t%d\t100\t1\t0\n" % (i, 1 + i % 50) for i in range(100_000, 0, -1))
    made = make_cohort(tmp_path, [[]])
    made.paths[0].write_bytes(text)
    with methcohort.open_store(made.build()) as store:
        assert store.chroms == tuple(f"c{i}" for i in range(1, 100_001))
        assert store.chrom_offset.tolist() == list(range(100_001))
        assert store.pos.tolist() == [1 + i % 50 for i in range(1, 100_001)]
        assert store.sample("s1").c.all()


def test_strands_stay_apart(tmp_path: Path) -> None:
    """F26: the two cytosines of a CpG are two sites; nothing is merged."""
    made = make_cohort(tmp_path, [[("chr1", 10, "50", 1, 1), ("chr1", 11, "100", 2, 0)]])
    store = made.build()
    assert_store_equals(store, made.expected(), made.names)
    assert methcohort.info(store)["n_sites"] == 2


NAMES = [
    "naïve", "\U0001f9ec\u200d\U0001f52c", "مرحبا", "\u202eabc", "x" * 300, "a/b", "../../x", "..",
    "-rf", "it's", '"q"', "{wildcard}", "{sample}", "$(touch x)", "; touch x", "`touch x`", "*",
    "~", "%s", "\\n", "C:\\x", "a\u00a0b", "NA", "#hash", "0", "null", "nan",
]  # fmt: skip


def test_names_are_stored_as_they_are(tmp_path: Path) -> None:
    """F28, F29: odd names of samples, columns and cells come back; no file is made by any."""
    names = [name for name in NAMES if not name.startswith("#")]
    extra = dict.fromkeys(["../x", "{x}", "$(touch x)", "مرحبا"], names)
    made = make_cohort(
        tmp_path / "made", [[("chr1", 5, "50", 1, 1)]] * len(names), names=names, extra=extra
    )
    (tmp_path / "work").mkdir()
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        command_line("build", "--samples", made.sheet, "--output", tmp_path / "work" / "store.h5",
                     "--cohort", "one", "--workers", "0"),
        cwd=tmp_path / "work", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "work" / "store.h5"])
    with methcohort.open_store(tmp_path / "work" / "store.h5") as store:
        assert list(store.samples) == names
        assert store.sheet == {key: tuple(values) for key, values in extra.items()}
        for name in names:
            assert store.sample(name).c.tolist() == [1]


@pytest.mark.parametrize("place", ["sample", "path", "cohort", "further", "header"])
@pytest.mark.parametrize("odd", ["a\x00b", "a\x07b", "a\u2028b", "a\x85b", "a\x7f"])
def test_names_that_cannot_be_kept(tmp_path: Path, place: str, odd: str) -> None:
    """F28: control characters in the sheet are refused with their line."""
    cells = {"sample": "a", "path": str(tmp_path / "a.txt"), "cohort": "one", "further": "x"}
    (tmp_path / "a.txt").write_bytes(ROWS)
    header = "sample\tpath\tcohort\t" + (odd if place == "header" else "group")
    if place != "header":
        cells[place] = odd
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text(f"{header}\n" + "\t".join(cells.values()) + "\n", encoding="utf-8")
    line = 1 if place == "header" else 2
    with pytest.raises(InputError, match=f"line {line}: found .*control characters"):
        methcohort.build(sheet, tmp_path / "store.h5", workers=0)


@pytest.mark.parametrize("name", ["$(touch x)`touch x`; touch x; #'", '-rf * "?" é\n{a} ~ \\'])
def test_shell_characters_in_paths(tmp_path: Path, name: str) -> None:
    """F29: the command takes any path as it is, through links too, and runs nothing."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "file.txt").write_bytes(ROWS)
    inside = name.replace("\n", "") + ".txt"
    (folder / inside).symlink_to("file.txt")
    sheet = write_sheet(folder / f"{name}.tsv", [["a", inside, "one"]])
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        command_line("build", f"--samples={sheet}", f"--output={name}.h5", "--workers=1"),
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(tmp_path.rglob("*")) == sorted([*before, folder / f"{name}.h5"])
    assert methcohort.info(folder / f"{name}.h5")["n_sites"] == 19_999


def test_a_link_to_a_file_of_the_system(tmp_path: Path) -> None:
    """F29: what is no text of calls is refused; little of it is shown."""
    (tmp_path / "link.txt").symlink_to("/etc/passwd")
    message = message_of(tmp_path / "link.txt")
    assert message.startswith(", line 1: found ")
    assert message.count("/bin") <= 2


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    """F29: too long names and loops of links are told like missing files."""
    (tmp_path / "loop").symlink_to("loop")
    for path in ("x" * 300, "y/" * 2000 + "z", str(tmp_path / "loop"), "/proc/self/mem", "/"):
        sheet = write_sheet(tmp_path / "sheet.tsv", [["a", path, "one"]])
        with pytest.raises(MethcohortError):
            methcohort.build(sheet, tmp_path / "store.h5", workers=0)


@pytest.mark.parametrize("path", ["a.txt", "soft.txt", "hard.txt", "copy.txt"])
def test_a_file_for_two_samples(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """F31: one file for two samples, under whatever name, is taken as it says, and told."""
    first = tmp_path / "a.txt"
    first.write_bytes(ROWS)
    (tmp_path / "soft.txt").symlink_to("a.txt")
    os.link(first, tmp_path / "hard.txt")
    (tmp_path / "copy.txt").write_bytes(ROWS)
    rows = [["a", str(first), "one"], ["b", str(tmp_path / path), "one"]]
    sheet = write_sheet(tmp_path / "sheet.tsv", rows)
    methcohort.build(sheet, tmp_path / "store.h5", workers=0)
    assert f"{tmp_path / path} of sample b has the same bytes as {first} of a; check" in caplog.text


def test_copies_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """F31: the same bytes under another name may be meant, and are told; no rows are no copy."""
    rows: list[list[Any]] = [[("chr1", 5, "50", 1, 1)], [], [("chr1", 5, "50", 1, 1)], []]
    made = make_cohort(tmp_path, rows, styles=[{"header": True}])
    assert_store_equals(made.build(), made.expected(), made.names)
    copies = f"{made.paths[2]} of sample s3 has the same bytes as {made.paths[0]} of s1; check"
    assert copies in caplog.text
    assert str(made.paths[3]) not in caplog.text.replace("no rows", "").split("has the same")[1]


BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a]\n" for i in range(20))
YAML: dict[str, tuple[str, str]] = {
    "alias bomb": (BOMB, "line 1: found the anchor &a"),
    "recursive": ("chroms: &a {include: *a}", "line 1: found the anchor &a"),
    "alias": ("sites: *nothing", "line 1: found the alias"),
    "object": ("sites: !!python/object/apply:os.system [touch x]", "line 1: found the tag"),
    "name": ("sites: !!python/name:os.system", "line 1: found the tag"),
    "binary": ("\nsites: !!binary aGVsbG8=", "line 2: found the tag"),
    "own tag": ("sites: !x y", "line 1: found the tag !x"),
    "merge": ("<<: {min_samples: 2}", "line 1: found <<"),
    "two documents": ("min_samples: 1\n---\nmin_samples: 2\n", "line 2: found a second document"),
    "same key": ("min_samples: 1\nlayers: [c, t]\nmin_samples: 2\n", "line 3: .*again.* line 1"),
    "same inner key": ("chroms:\n  order: file\n  order: natural\n", "line 3: .*order again"),
    "same key in brackets": ("{min_samples: 1, 'min_samples': 2}", "min_samples again"),
    "octal": ("min_samples: 010", "line 1: found 010, .*quotes"),
    "hexadecimal": ("min_samples: 0x10", "found 0x10, .*quotes"),
    "binary number": ("min_samples: 0b11", "found 0b11, .*quotes"),
    "sixties": ("min_samples: 1:30", "found 1:30, .*quotes"),
    "underscore": ("min_samples: 1_0", "found 1_0, .*quotes"),
    "date": ("assembly: 2024-01-02", "found 2024-01-02, which YAML reads as a date; .*quotes"),
    "no": ("assembly: no", "assembly: false; expected text .*quotes"),
    "list of on": ("chroms: {include: [X, on]}", "include.1: true; expected text .*quotes"),
    "list of 1": ("chroms: {include: [1, X]}", "include.0: 1; expected text .put it in quotes"),
    "number": ("assembly: 38", "assembly: 38; expected text .put it in quotes"),
    "text of digits": ("min_samples: '3'", '"3"; expected a whole number, at least 1 .*without'),
    "exponent": ("pct_tolerance: 1e1", '"1e1"; expected a number from 0 to 100'),
    "range": ("deflate_level: 10", "10; expected a whole number from 1 to 9"),
    "threads": ("threads: 100000", "100000; expected a whole number from 1 to 1024"),
    "many digits": ("min_samples: " + "9" * 5000, "found 9999"),
    "much memory": ("memory: " + "9" * 400 + "GB", "size of memory"),
    "null": ("min_samples:", "null; expected a whole number"),
    "mapping": ("min_samples: {a: b}", "expected a whole number"),
    "list for text": ("sites: [union]", "expected union, intersection, reference, or a path"),
    "chroms": ("chroms: natural", '"natural"; expected the keys order, include, exclude'),
    "deep": ("[" * 30_000, "nested more than 20"),
    "deep keys": ("{a: " * 30_000, "nested more than 20"),
    "deep lines": ("\n".join(" " * i + "a:" for i in range(1000)), "nested more than 20"),
    "huge": ("#" * (MAX_BYTES + 1), "more than 1,048,576 bytes"),
    "zero byte": ("a: \x00", "not allowed"),
    "zero byte quoted": ('sites: "a\\0b.bed"', "sites: .*control characters"),
    "newline": ('assembly: "a\\nb"', "assembly: .*control characters"),
    "surrogate": ('assembly: "\\ud800"', "assembly: .*control characters"),
    "list as key": ("? [a, b]\n: c", "not YAML"),
    "number as key": ("1: 2", "unknown key 1"),
    "long key": ("x" * 900 + ": 2", "unknown key xxx"),
    "only text": ("min_samples 2", "only 'min_samples 2'; expected keys and values"),
}  # fmt: skip


@pytest.mark.parametrize("name", YAML)
def test_yaml_that_hides_something(tmp_path: Path, name: str) -> None:
    """F31: one sentence with the line or the key, never a traceback and never another meaning."""
    text, words = YAML[name]
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(path)
    message = str(caught.value)
    assert len(message) < 700
    assert message.isprintable()
    assert not (tmp_path / "x").exists()


def test_yaml_bytes(tmp_path: Path) -> None:
    """F31: a mark at the start is taken; other encodings are not."""
    path = tmp_path / "own.yaml"
    path.write_bytes(b"\xef\xbb\xbfmin_samples: 2\r\nassembly: 1e5\r\n")
    assert (read_config(path).min_samples, read_config(path).assembly) == (2, "1e5")
    for data in (b"a: 1\nassembly: \xff\n", "min_samples: 2".encode("utf-16")):
        path.write_bytes(data)
        with pytest.raises(ConfigError, match=r"own.yaml, line \d: found bytes that are not UTF-8"):
            read_config(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path)


def test_configuration_on_the_command_line() -> None:
    """F31: JSON as the workflow gives it keeps its numbers; keys stand once in it, too."""
    assert read_config('{"pct_tolerance": 1e-05}').pct_tolerance == 1e-05
    assert read_config("{min_samples: 2}").min_samples == 2
    for text in ('{"sites": "union", "sites": "intersection"}', "{sites: union, sites: union}"):
        with pytest.raises(ConfigError, match=r"twice|again"):
            read_config(text)
    with pytest.raises(ConfigError, match="20 deep"):
        read_config('{"a": ' * 100_000)


def test_safe_yaml_agrees_with_yaml(tmp_path: Path) -> None:
    """What is taken means what PyYAML's safe loader says."""
    text = (ROOT / "config" / "config.yaml").read_text()
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert read_config(path) == read_config(yaml.safe_load(text))


def packed_lines(line: bytes, n: int, start: bytes = b"") -> Iterator[bytes]:
    """Gzip data of a line repeated, in pieces."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = line * max(1, (1 << 20) // len(line))
    yield deflate.compress(start)
    for _ in range(n * len(line) // len(piece)):
        yield deflate.compress(piece)
    yield deflate.flush()


ROW = b"chr1\t5\t50\t1\t1\n"
SIZE = 60_000_000
BOMBS: dict[str, tuple[bytes, bytes, str]] = {
    "one line": (b"c", b"", "line 1: the line is longer"),
    "newlines": (b"\n", b"", "no rows"),
    "comments": (b"# nothing\n", b"", "no rows"),
    "same row": (ROW, b"", "line 2: found chr1 5 a second time"),
    "zeros": (b"\x00", b"", "zero bytes"),
}
LIMIT = """
import sys
import methcohort.cohort.cohort
from methcohort.build.warm_up import load_kernels
from methcohort.cohort.files import load_reader
from methcohort.readers import RowRules, TextReader, recognise, settle
from methcohort.readers.formats import READERS
load_kernels(2)
load_reader(READERS["five_column"])
from methcohort.genome.bed import read_bed
from methcohort.cohort.sheet import read_cohort
from methcohort.cohort.config import read_config
from methcohort.core.errors import MethcohortError
import h5py
import numpy as np
from methcohort.rows.blocks import new_columns
class Sink:
    def open(self, *, wide):
        return new_columns(1000, wide=wide, with_pct=True, with_kind=False)
    def close(self, n_rows, n_runs):
        pass
def text(path):
    rules = RowRules(lambda name: True, "error", True, "error", 1.0, True)
    form = settle(recognise(path).format, path)
    summary = TextReader(path, form, rules).read(Sink())
    return "no rows" if summary.n_rows == 0 else "rows"
kind, path = sys.argv[1:]
reader = {"text": text, "bed": read_bed, "sheet": read_cohort, "yaml": read_config}[kind]
def peak():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1])
before = peak()
try:
    said = reader(path)
except MethcohortError as error:
    said = error
print(f"{peak() - before} KB more; {said}"[:500])
"""


def said_in_bounded_memory(kind: str, path: Path, limit_kb: int) -> str:
    """What reading says, in a process of its own that may take so much more memory."""
    done = subprocess.run(
        [sys.executable, "-c", LIMIT, kind, str(path)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    more, _, said = done.stdout.partition(" KB more; ")
    assert int(more) < limit_kb, done.stdout
    return said


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_text_bombs(tmp_path: Path, name: str) -> None:
    """F30: 60 MB that come out of a small file take a few MB, whatever they are."""
    line, start, words = BOMBS[name]
    path = tmp_path / "bomb.gz"
    path.write_bytes(b"".join(packed_lines(line, SIZE // len(line), start)))
    assert path.stat().st_size < SIZE / 100
    assert words in said_in_bounded_memory("text", path, 20_000)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("kind", "line", "n", "words", "limit"),
    [
        ("bed", b"c", 100_000_000, "line 1: the line is longer", 20_000),
        ("bed", b"#\n", 1_000_000, "no intervals", 20_000),
        ("bed", b"chr1\t0\t1\n", 1_300_000, "chr1", 60_000),
        ("sheet", b"a\n", 40_000_000, f"more than {MAX_SHEET_BYTES:,} bytes", 90_000),
        ("yaml", b"a: 1\n", 20_000_000, f"more than {MAX_BYTES:,} bytes", 20_000),
    ],
)
def test_other_bombs(
    tmp_path: Path, kind: str, line: bytes, n: int, words: str, limit: int
) -> None:
    """F30: BED files, sheets and configurations without an end."""
    path = tmp_path / "bomb"
    if kind == "bed":
        path.write_bytes(b"".join(packed_lines(line, n)))
    else:
        path.write_bytes(line)
        os.truncate(path, n * len(line))
    assert words in said_in_bounded_memory(kind, path, limit)


def test_huge_bed(tmp_path: Path) -> None:
    """Whole genomes as sites are refused by number; overlapping intervals count once."""
    bed = tmp_path / "sites.bed"
    half = MAX_SITES // 2
    bed.write_text(f"chr1\t0\t{half}\nchr2\t0\t{half}\nchr1\t5\t{half}\n")
    assert {name: spans.tolist() for name, spans in read_bed(str(bed)).intervals.items()} == {
        "chr1": [[1, half + 1]],
        "chr2": [[1, half + 1]],
    }
    with bed.open("a") as file:
        file.write("chr3\t2147483646\t2147483647\n")
    with pytest.raises(InputError, match=f"intervals of {MAX_SITES + 1:,} bases"):
        read_bed(str(bed))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bz2.compress(ROWS), "line 1: found a bzip2 file"),
        (ROWS.decode().encode("utf-16"), "line 1: found text in UTF-16"),
        (b"chr1\t1\t2\rchr1\t5\t6\r", "line 1: found"),
        (b"ch\x00r1\t1\t2\n", "line 1: the chromosome name"),
        (b"\t1\t2\n", "line 1: the chromosome name"),
        (b"c" * 5000 + b"\t1\t2\n", "line 1: the chromosome name"),
        (b"ch\xff\t1\t2\n", "line 1: the chromosome name"),
        (b"chr1\t1\t2\n" + b"x" * (2 << 20), "line 2: the line is longer"),
        (FLIPPED[: FIRST_BLOCK + 9], "gzip"),
        (b"", "empty"),
        (b"#\n\ntrack x\nbrowser position chr1\n", "no intervals"),
    ],
)
def test_odd_bed(tmp_path: Path, content: bytes, words: str) -> None:
    bed = tmp_path / "sites.bed"
    bed.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_bed(str(bed))
    assert str(caught.value).startswith(str(bed))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bz2.compress(ROWS), "a bzip2 file"),
        (gzip.compress(ROWS, mtime=0), "gzip|UTF-8"),
        ("sample\tpath\tcohort\n".encode("utf-16"), "UTF-16"),
        (archive(b"x"), "zip archive|control"),
        (b"sample\tpath\tcohort\n\xff\tb\tc\n", "line 2: .*UTF-8"),
        (
            b"sample\tpath\tcohort\n" + b"x" * (MAX_CELL_BYTES + 1) + b"\tb\tc\n",
            "line 2: .*cell of",
        ),
    ],
)
def test_odd_sheets(tmp_path: Path, content: bytes, words: str) -> None:
    sheet = tmp_path / "sheet.tsv"
    sheet.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_cohort(sheet)
    assert str(caught.value).isprintable()


def test_sheet_that_grows_when_it_is_stored(tmp_path: Path) -> None:
    """A store has all cells in the length of the longest: one long cell among many is refused."""
    sheet = tmp_path / "sheet.tsv"
    rows = "".join(f"s{i}\tf{i}\tone\t\t\t\t\t\t\t\n" for i in range(40_000))
    header = "sample\tpath\tcohort\ta\tb\tc\td\te\tf\tg\n"
    sheet.write_text(f"{header}last\tf\tone\t{'x' * 4096}\t\t\t\t\t\t\n{rows}")
    with pytest.raises(InputError, match="in the length of the longest"):
        read_cohort(sheet)


def test_sheet_line_ends(tmp_path: Path) -> None:
    """F24: a sheet of any line ends, with or without a mark at its start."""
    for end in ("\n", "\r\n", "\r"):
        sheet = tmp_path / "sheet.tsv"
        sheet.write_bytes(f"\ufeffsample\tpath\tcohort{end}{end}a\t x \tone{end}#{end}".encode())
        assert [source.path for _, source in read_cohort(sheet).sources] == ["x"]
