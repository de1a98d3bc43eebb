"""Files cut anywhere, in parts and in blocks, give what the whole file gives: rows or the fault."""

import gzip
import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import oracle
import pytest
from cohorts import (
    BGZF_END,
    Cohort,
    Row,
    assert_store_equals,
    compress,
    make_cohort,
    write_sheet,
)
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from mutations import mutated
from reading_in_parts import in_parts

import methcohort
from methcohort.cohort import files as loading
from methcohort.cohort import jobs, load, spans
from methcohort.cohort.config import Config
from methcohort.cohort.identify import Identified
from methcohort.core.errors import InputError
from methcohort.files import TextFile, cut
from methcohort.files import text as _text
from methcohort.genome.names import Aliases
from methcohort.readers.formats import READERS

pytestmark = pytest.mark.filterwarnings("ignore")


def lines_of(path: Path, n: int) -> list[bytes]:
    """All lines of all spans of a file, one span after another."""
    lines: list[bytes] = []
    for span in cut(str(path), n) or [None]:  # type: ignore[list-item]
        text = TextFile(str(path), span)
        for start, stop in text.blocks():
            lines += bytes(text.buffer[start:stop]).splitlines(keepends=True)
        text.close()
    return lines


@settings(max_examples=150)
@given(
    lines=st.lists(
        st.sampled_from([b"", b"a", b"bb\r", b"chr1\t5\t50\t1\t1", b"x" * 70, b"y" * 500]),
        min_size=1,
        max_size=40,
    ),
    n=st.integers(1, 60),
    room=st.integers(64, 300),
    kind=st.sampled_from(["none", "gzip", "bgzip"]),
    newline=st.booleans(),
)
@example(lines=[b"a", b"y" * 500, b"b"], n=40, room=64, kind="none", newline=True)
def test_every_line_belongs_to_one_span(
    lines: list[bytes], n: int, room: int, kind: str, *, newline: bool
) -> None:
    """Cuts within a line, at its end, and several within one line."""
    text = b"\n".join(lines) + b"\n" * newline
    text = text or b"\n"
    packed = compress(text, kind)
    if kind == "bgzip":
        packed = b"".join(
            compress(text[i : i + 40], "bgzip")[: -len(BGZF_END)] for i in range(0, len(text), 40)
        )
        packed += BGZF_END
    with tempfile.TemporaryDirectory() as folder, in_parts(n, room):
        path = Path(folder) / "text"
        path.write_bytes(packed)
        expected = text if text.endswith(b"\n") else text + b"\n"
        assert lines_of(path, n) == expected.splitlines(keepends=True)


def test_what_can_be_cut(tmp_path: Path) -> None:
    """Plain text anywhere, bgzip between blocks, other gzip and a mixture of both not at all."""
    text = b"".join(b"chr1\t%d\t50\t1\t1\n" % i for i in range(1, 30_000))
    for kind, n in {"none": 7, "bgzip": 7, "gzip": 0, "multi": 0}.items():
        path = tmp_path / kind
        path.write_bytes(compress(text, kind))
        pieces = cut(str(path), 7)
        assert len(pieces) == n, kind
        if pieces:
            assert [span.start for span in pieces] == [0, *(span.stop for span in pieces[:-1])]
            assert pieces[-1].stop == path.stat().st_size
    for tail in (gzip.compress(b"\n"), b"rubbish", BGZF_END[:20]):
        path.write_bytes(compress(text, "bgzip") + tail)
        assert cut(str(path), 7) == []
    assert cut(str(tmp_path / "absent"), 7) == []


REGULAR = b"".join(
    b"chr1\t%d\t%s\t%d\t%d\n" % row
    for row in (
        (5, b"50.0", 1, 1),
        (12, b"0", 0, 4),
        (13, b"100", 7, 0),
        (99999999, b"33.3333333333333", 10, 20),
        (123456789, b"71.4285714285714", 5, 2),
        (123456790, b"12.5", 1, 7),
        (1234567890, b"83.333333", 10, 2),
        (1234567891, b"1.00", 655, 64845),
        (2147483647, b"50.000000", 65535, 65535),
    )
)
NAMES = [b"chr1", b"1", b"chr1_KI270706v1_random", b"c"]
regular = st.builds(
    lambda end, name: REGULAR.replace(b"\n", end).replace(b"chr1", name),
    st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from(NAMES),
)


@settings(max_examples=60)
@given(
    text=mutated(regular, 0, 2),
    n=st.integers(1, 12),
    room=st.integers(40, 400),
    kind=st.sampled_from(["none", "bgzip"]),
    config=st.fixed_dictionaries(
        {},
        optional={
            "duplicates": st.sampled_from(["sum", "first"]),
            "pct_check": st.sampled_from(["off", "warn"]),
            "layers": st.just(["c", "t"]),
            "uncovered": st.just("keep"),
        },
    ),
)
@example(text=REGULAR, n=20, room=100, kind="none", config={})
def test_cut_anywhere(text: bytes, n: int, room: int, kind: str, config: dict[str, Any]) -> None:
    """The same store, or the same fault at the same line, however the text is cut."""
    with tempfile.TemporaryDirectory() as name, in_parts(n, room) as joined:
        folder = Path(name)
        path = folder / "sample"
        packed = [compress(text[i : i + 60], kind) for i in range(0, len(text), 60)]
        if kind == "bgzip":
            packed = [*(part[: -len(BGZF_END)] for part in packed), BGZF_END]
        path.write_bytes(b"".join(packed))
        made = Cohort(folder, ["a"], [path], folder / "samples.tsv")
        write_sheet(made.sheet, [["a", str(path), "one", "five_column"]], ["format"])
        try:
            expected = made.expected(config)
        except oracle.OracleFault as fault:
            event(f"fault: {fault.kind}")
            with pytest.raises(InputError) as caught:
                made.build(config=config)
            if fault.line is not None:
                assert f"{path}, line {fault.line}: " in str(caught.value)
            return
        assert_store_equals(made.build(config=config), expected, ["a"])
        event(f"joined: {[one is not None for one in joined]}")


def rows_of(n: int, chroms: int = 3) -> list[Row]:
    return [(f"chr{1 + i * chroms // n}", i + 1, "50", 1 + i % 7, 1 + i % 7) for i in range(n)]


@pytest.mark.parametrize("kind", ["none", "bgzip"])
def test_workers_share_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A cohort of one file, read in parts by two workers: the bytes of one worker's store."""
    made = make_cohort(tmp_path, [rows_of(50_000)], styles=[{"compress": kind}])
    alone = made.build("alone.h5", workers=1)
    monkeypatch.setattr(spans, "LEAST_ROWS", 1000)
    given_out: list[int] = []

    def plan(tasks: Any, n_workers: int) -> Any:
        planned = spans.plan_spans(tasks, n_workers)
        given_out.extend(map(len, planned))
        return planned

    monkeypatch.setattr(jobs, "plan_spans", plan)
    both = made.build("both.h5", workers=2)
    assert alone.read_bytes() == both.read_bytes()
    assert_store_equals(both, made.expected(), made.names)
    assert given_out[0] >= 4


def test_few_rows_and_many_files_are_not_cut(tmp_path: Path) -> None:
    """Cutting is for files that are a large part of a cohort."""
    found = Identified(READERS["five_column"], "sheet")
    task = load.LoadTask("", str(tmp_path / "a"), 0, found, Config.from_mapping({}), Aliases())
    (tmp_path / "a").write_bytes(b"1 5 50 1 1\n" * 1000)
    large = replace(task, size=1 << 32)
    assert spans.plan_spans([replace(task, size=1 << 20)], 8) == [[]]
    assert spans.plan_spans([large], 1) == [[]]
    assert spans.plan_spans([large] * 40, 2) == [[]] * 40
    assert [len(found) for found in spans.plan_spans([large, large], 2)] == [8, 8]


def test_changed_between_cut_and_reading(tmp_path: Path) -> None:
    """A span of a file that was another one when it was cut is not read."""
    path = tmp_path / "a"
    path.write_bytes(b"1\t5\t50\t1\t1\n" * 20)
    pieces = cut(str(path), 2)
    path.write_bytes(b"1\t6\t50\t1\t1\n" * 21)
    text = TextFile(str(path), pieces[0])
    with pytest.raises(_text.TextFault, match="changed"):
        list(text.blocks())


@pytest.mark.parametrize("n", [1, 2, 5, 17])
def test_warning_names_the_line_of_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, n: int
) -> None:
    """The first row whose percentage disagrees, counted from the start of the file."""
    rows = rows_of(200)
    rows[120] = (*rows[120][:2], "99.5", 1, 1)
    rows[150] = (*rows[150][:2], "99.5", 1, 1)
    made = make_cohort(tmp_path, [rows], styles=[{"header": True, "comments": True}])
    line = 1 + [b"\t99.5\t" in line for line in made.paths[0].read_bytes().splitlines()].index(True)
    with in_parts(n):
        methcohort.build(made.sheet, tmp_path / "a.h5", config={"pct_check": "warn"}, workers=0)
    assert f"line {line}: the first of 2 rows" in caplog.text


def test_changed_while_it_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No digest is stored of other bytes than those whose rows are stored."""
    made = make_cohort(tmp_path, [rows_of(300)])
    before = load.file_sha256

    def slow(path: str) -> str:
        found = before(path)
        with Path(path).open("ab") as file:
            file.write(b"chr3\t100000\t50\t1\t1\n")
        monkeypatch.setattr(load, "file_sha256", before)
        return found

    monkeypatch.setattr(load, "file_sha256", slow)
    with in_parts(3), pytest.raises(InputError, match="the file was changed"):
        made.build()
    store = made.build()
    assert_store_equals(store, made.expected(), made.names)
    with methcohort.open_store(store) as opened:
        text = made.paths[0].read_bytes()
        assert opened.inputs["sha256"] == (hashlib.sha256(text).hexdigest(),)
        assert opened.inputs["size"] == (len(text),)


@pytest.mark.parametrize("in_parts", [False, True])
@pytest.mark.parametrize("form", ["auto", "methyldackel_bedgraph"])
def test_changed_between_identifying_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, in_parts: bool
) -> None:
    """A file that takes the place of one whose format was told is not read as that."""
    track = 'track type="bedGraph" description="x CpG%s methylation levels"\n'
    rows = "".join(f"chr1\t{k}\t{k + 1}\t50\t1\t1\n" for k in range(10, 30_000, 10))
    path = tmp_path / "a.bedGraph"
    path.write_text(track % "" + rows)
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(f"sample\tpath\tcohort\tformat\na\t{path}\tone\t{form}\n")
    identify_files = loading.identify_files

    def identify_and_replace(*arguments: Any) -> Any:
        found = identify_files(*arguments)
        path.with_name("b").write_text(track % " merged" + rows)
        path.with_name("b").replace(path)
        return found

    monkeypatch.setattr(loading, "identify_files", identify_and_replace)
    if in_parts:
        monkeypatch.setattr(spans, "LEAST_ROWS", 500)
    with pytest.raises(InputError, match=r"a\.bedGraph: the file was changed, replaced or removed"):
        methcohort.build(sheet, tmp_path / "store.h5", workers=2 if in_parts else 0)
