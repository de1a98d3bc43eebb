"""A store from elsewhere shows nothing but what lies in it, runs no code and ends in a sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from cohorts import make_cohort

import methcohort
from methcohort.cli.info import command as info_command
from methcohort.errors import StoreError
from methcohort.seal import append_seal

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
