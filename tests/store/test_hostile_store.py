"""A store from elsewhere shows nothing but what lies in it, runs no code and ends in a sentence."""

import json
import random
import resource
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from cohorts import make_cohort
from processes import command_line
from trials.forged import Forged

import methcohort
from methcohort.cli.info import command as info_command
from methcohort.core.errors import StoreError
from methcohort.store.seal import append_seal

SHARE, STEP, TRIALS = 14, 4, 6
"""One forgery of so many is read here, in so many tests, and a few are taken samples from."""

SECRET = b"root:x:0:0:the words of another file\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small store."""
    made = make_cohort(tmp_path_factory.mktemp("good"), [[("chr1", 5, "50", 1, 1)]] * 2)
    return made.build().read_bytes()


def external_link(file: h5py.File, secret: Path, name: str) -> None:
    with h5py.File(secret.with_suffix(".h5"), "w") as other:
        other["x"] = np.frombuffer(SECRET, np.uint8)
    del file[name]
    file[name] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "/x")


def soft_link(file: h5py.File, _secret: Path, name: str) -> None:
    del file[name]
    file[name] = h5py.SoftLink("/digests/sites")


def external_storage(file: h5py.File, secret: Path, name: str) -> None:
    del file[name]
    file.create_dataset(name, (2, len(SECRET)), "u1", external=[(str(secret), 0, 2 * len(SECRET))])


def virtual(file: h5py.File, secret: Path, name: str) -> None:
    external_link(file, secret, name)
    del file[name]
    layout = h5py.VirtualLayout((2, len(SECRET)), "u1")
    for row in range(2):
        layout[row] = h5py.VirtualSource(secret.with_suffix(".h5"), "x", (len(SECRET),))
    file.create_virtual_dataset(name, layout)


def plugin(file: h5py.File, _secret: Path, name: str) -> None:
    del file[name]
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 1))
    plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
    space = h5py.h5s.create_simple((2, 1))
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.NATIVE_UINT8, space, plist)


def objects(file: h5py.File, _secret: Path, name: str) -> None:
    del file[name]
    file.create_dataset(name, (2, 1), h5py.string_dtype())


def references(file: h5py.File, _secret: Path, name: str) -> None:
    del file[name]
    file.create_dataset(name, (2, 1), h5py.ref_dtype)


def committed(file: h5py.File, _secret: Path, name: str) -> None:
    del file[name]
    file["elsewhere"] = np.dtype("u1")
    file.create_dataset(name, (2, 1), file["elsewhere"])


def test_positions_out_of_order(tmp_path: Path) -> None:
    """Kernels that search positions never see such ones, also where the seal fits."""
    rows = [("chr1", 100 * k, "50", 1, 1) for k in range(1, 9)]
    forged = tmp_path / "forged.h5"
    forged.write_bytes(make_cohort(tmp_path / "one", [rows]).build().read_bytes()[:-64])
    with h5py.File(forged, "r+", libver=("v110", "v110")) as file:
        file["sites/pos"][2] = 2**31 - 1
    append_seal(forged)
    with pytest.raises(StoreError, match="positions do not increase"):
        methcohort.merge([forged], tmp_path / "new.h5")
    assert not (tmp_path / "new.h5").exists()


def read_all(path: Path) -> None:
    """Read every value through the package."""
    with methcohort.open_store(path) as store:
        store.region("chr1").load()
        _ = store.sample_counts, store.sheet, store.inputs


FOREIGN: tuple[tuple[Callable[..., None], str], ...] = (
    (external_link, "a link"),
    (soft_link, "a link"),
    (external_storage, "another file"),
    (virtual, "virtual"),
    (plugin, "plugin"),
    (objects, "type"),
    (references, "type"),
    (committed, "type"),
)


@pytest.mark.parametrize("name", ["layers/c", "inputs/path"])
def test_values_that_lie_elsewhere(tmp_path: Path, good: bytes, name: str) -> None:
    """No dataset may lead HDF5 to another file; nothing of one is shown."""
    secret = tmp_path / "passwd"
    secret.write_bytes(SECRET * 3)
    for change, words in FOREIGN:
        store = tmp_path / f"{change.__name__}.h5"
        store.write_bytes(good)
        with h5py.File(store, "r+") as file:
            change(file, secret, name)
        for read in (read_all, methcohort.info, methcohort.verify):
            with pytest.raises(StoreError, match=words) as caught:
                read(store)
            assert name in str(caught.value), change
            assert "words" not in str(caught.value)


@pytest.mark.parametrize("group", ["layers", "samples"])
def test_groups_that_lie_elsewhere(tmp_path: Path, good: bytes, group: str) -> None:
    """A group is not followed to another file either."""
    for link in (h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/digests")):
        store = tmp_path / "store.h5"
        store.write_bytes(good)
        with h5py.File(store, "r+") as file:
            del file[group]
            file[group] = link
        with pytest.raises(StoreError, match=f"{group} is a link"):
            read_all(store)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"a":' * 10_000 + "1",
        "[]",
        "",
        "nonsense",
        '{"a": 1',
        "null",
        "{}",
        '{"software": [], "config": {}}',
        '{"software": {}}',
        " " * 60_000,
    ],
    ids=[
        "deep",
        "deep_keys",
        "list",
        "empty",
        "words",
        "cut",
        "null",
        "nothing",
        "software",
        "no_config",
        "blanks",
    ],
)
def test_provenance_that_is_no_json_object(tmp_path: Path, good: bytes, text: str) -> None:
    store = tmp_path / "store.h5"
    store.write_bytes(good)
    with h5py.File(store, "r+") as file:
        file.attrs["provenance"] = np.bytes_(text)
    for read in (methcohort.info, lambda path: methcohort.open_store(path).provenance):
        with pytest.raises(StoreError, match="provenance"):
            read(store)
    for options in ([], ["--json"]):
        done = CliRunner().invoke(info_command, [str(store), *options])
        assert isinstance(done.exception, StoreError)


def test_nothing_in_a_store_is_named_by_the_data(tmp_path: Path) -> None:
    """F28: names of samples, chromosomes and columns are values; no link is named after them."""
    names = [
        "../../escape",
        "/abs",
        "a/b",
        "..",
        ".",
        "-rf",
        "{wildcard}",
        "$(touch${IFS}x)",
        "名前",
    ]
    rows: list[Any] = [[(name, 5, "50", 1, 1)] for name in names]
    extra = {"../up": ["x"] * len(names), "layers": ["/etc/passwd"] * len(names)}
    made = make_cohort(tmp_path / "made", rows, names=names, extra=extra)
    store = made.build()
    links: list[str] = []
    with h5py.File(store) as file:
        file.visit_links(links.append)
        attributes = set(file.attrs)
    plain = make_cohort(tmp_path / "plain", [[("chr1", 5, "50", 1, 1)]])
    with h5py.File(plain.build()) as file:
        expected: list[str] = []
        file.visit_links(expected.append)
        assert (links, attributes) == (expected, set(file.attrs))
    with methcohort.open_store(store) as opened:
        assert list(opened.samples) == names
        assert sorted(opened.chroms) == sorted(names)
        assert opened.sheet == {key: tuple(values) for key, values in extra.items()}
    assert {path.name for path in tmp_path.iterdir()} == {"made", "plain"}
    assert json.dumps(methcohort.info(store))


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forged]:
    """A store, and what can be forged of it; little memory, as long as it is there."""
    made = Forged(tmp_path_factory.mktemp("forged"))
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken_memory() + (2 << 30), before[1]))
    yield made
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("part", range(STEP))
def test_forged_parts_are_read(forged: Forged, part: int) -> None:
    """Every dataset and attribute in turn: one sentence or the right values, soon, in little."""
    for kind in list(forged.all)[part * SHARE :: STEP * SHARE]:
        forged.reading(kind, forged.forge(kind), commands=part == 0)


def test_forged_parts_are_taken(forged: Forged) -> None:
    """A store of which a part is forged makes no other store, or the right one."""
    found = Counter(forged.trial(random.Random(f"forged {seed}")) for seed in range(TRIALS))
    assert found.total() == TRIALS
    assert forged.making("as it is", forged.store) == "right"
    assert forged.reading("as it is", forged.store) == "right"


@pytest.mark.parametrize(
    "kind",
    [
        "samples/name: 3e7",
        "inputs/sample: small file, many bytes",
        "sites to 2^45",
        "attribute provenance: large",
    ],
)
@pytest.mark.parametrize("command", ["info", "verify"])
def test_small_file_that_claims_much(forged: Forged, kind: str, command: str) -> None:
    """A process of its own with 2 GB of addresses says one sentence, of the store."""
    path = forged.forge(kind)
    limited = ["sh", "-c", 'ulimit -v 2000000; exec "$@"', "sh", *command_line(command, path)]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, ""), done
    lines = done.stderr.splitlines()
    assert all(line.startswith(f"methcohort: error: {path}: ") for line in lines), done.stderr
    assert len(lines) == 1 or command == "verify"


@pytest.mark.parametrize("version", ["1.²", "9" * 5000, "1." + "9" * 5000, "1.", "", "1.0\n"])
def test_version_that_is_none(tmp_path: Path, good: bytes, version: str) -> None:
    """It is shown, as far as it goes; the file is closed, so that it can be written."""
    store = tmp_path / "store.h5"
    store.write_bytes(good)
    with h5py.File(store, "r+") as file:
        file.attrs["format-version"] = np.bytes_(version.encode() or b"\0")
    with pytest.raises(StoreError, match=r"has format version .*; this methcohort reads 1") as told:
        methcohort.open_store(store)
    assert len(str(told.value)) < len(str(store)) + 250
    assert version[:3].strip() in str(told.value)
    h5py.File(store, "r+").close()


@pytest.mark.parametrize("version", ["1.1", "1.7", "1.999999999"])
def test_later_minor_versions(tmp_path: Path, good: bytes, version: str) -> None:
    store = tmp_path / "store.h5"
    store.write_bytes(good)
    with h5py.File(store, "r+") as file:
        file.attrs["format-version"] = np.bytes_(version)
    with methcohort.open_store(store) as opened_store:
        assert opened_store.format_version == version
        assert opened_store.region("chr1").c.tolist() == [[1], [1]]


def test_format_of_text_that_is_not_known(forged: Forged, tmp_path: Path) -> None:
    """It is shown by info; what has to read the text says that it cannot."""
    path = forged.forge("input format b'nothing'")
    assert {one["format"] for one in methcohort.info(path)["inputs"]} == {"nothing"}
    for work in (
        lambda: methcohort.verify(path, inputs=True, workers=0),
        lambda: methcohort.remove(path, ["s2"], output=tmp_path / "out.h5", workers=0),
        lambda: methcohort.merge([path], tmp_path / "out.h5", workers=0),
    ):
        with pytest.raises(StoreError, match="inputs/format has nothing, which this methcohort"):
            work()


@pytest.mark.parametrize("name", ["layers/c", "sites/pos", "sites/strand"])
@pytest.mark.parametrize("options", [{"compression": "gzip"}, {"compression": "lzf"}, {}])
def test_chunks_that_were_never_written(
    forged: Forged, tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    """HDF5 makes their values up; they are no values of the store."""
    store = tmp_path / "store.h5"
    store.write_bytes(forged.store.read_bytes())
    with h5py.File(store, "r+") as file:
        data, attributes = file[name][()], dict(file[name].attrs)
        del file[name]
        chunks = (2, 256)[-data.ndim :]
        new = file.create_dataset(name, data.shape, data.dtype, chunks=chunks, **options)
        new[..., 256:512] = data[..., 256:512]
        new.attrs.update(attributes)
    with methcohort.open_store(store) as found:
        read = {
            "layers/c": lambda start, stop: found.read_layer("c", 0, start, stop),
            "sites/pos": found.positions,
            "sites/strand": found.strand,
        }[name]
        whole = data[0] if data.ndim > 1 else data
        assert read(260, 500).tolist() == whole[260:500].tolist()
        for start, stop in ((0, 10), (255, 257), (511, 513)):
            with pytest.raises(StoreError, match="was never written"):
                read(start, stop)


def taken_memory() -> int:
    """Bytes of addresses that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
