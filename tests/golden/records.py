"""What stores are known by: the record of one, the records kept in a file, and what differs.

`make golden` writes the file anew.
"""

import hashlib
import io
import json
import platform
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from isal import isal_zlib

KEPT = Path(__file__).parents[1] / "data" / "golden.json"
FEW = 8
"""Numbers of a dataset up to which they are kept as they are."""

STEADY_LEVEL = 3
"""The level from which on a chunk has the same bytes in every run."""

SEAL_BYTES = 64
FILTERS = {h5py.h5z.FILTER_SHUFFLE: "shuffle", h5py.h5z.FILTER_FLETCHER32: "fletcher32"}
OF_VERSIONS = ("file", "file but for the number of its format")
"""Parts of a record that follow from the versions of all programs, which a store names."""

OF_LIBRARIES = ("as stored",)
"""Parts of a dataset's record that follow from how the libraries compress."""

PARTS = ("layout", "values", "as stored")
"""What is kept of a dataset, in this order."""

Record = dict[str, Any]


def short(data: bytes) -> str:
    """Enough of a SHA-256 to see a difference."""
    return hashlib.sha256(data).hexdigest()[:12]


def versions() -> dict[str, Any]:
    """What the bytes of a file follow from, besides its values.

    ISA-L compresses in another way on another processor, so what comes out is looked at, too.
    """
    state, numbers = 1, bytearray()
    for _ in range(20_000):
        state = state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        numbers.append(state >> 16 & (state >> 24 | 7))
    packed = [isal_zlib.compress(numbers, 3), zlib.compress(numbers, 6), zlib.compress(numbers, 9)]
    libraries = {"hdf5": h5py.version.hdf5_version, "compressed": [short(one) for one in packed]}
    others = {name: version(name) for name in ("methcohort", "numpy", "numba", "h5py", "isal")}
    return {"libraries": libraries, "python": platform.python_version(), **others}


def record_of(path: Path) -> Record:
    """All parts of a store, by their names."""
    data = path.read_bytes()
    found: Record = {
        "file": hashlib.sha256(data).hexdigest(),
        "file but for the number of its format": _without_number(data[:-SEAL_BYTES]),
    }
    with h5py.File(path) as file:
        n_samples = len(file["samples/name"])
        found |= _attributes(file, "")
        names: list[str] = []
        file.visit(names.append)
        for name in sorted(names):
            item = file[name]
            found |= _attributes(item, name)
            if isinstance(item, h5py.Dataset):
                each = n_samples if name.startswith("layers/") else 0
                found |= {f"{name}: {part}": v for part, v in _dataset(item, each).items()}
    if found["@provenance config deflate_level"] < STEADY_LEVEL:
        for part in [part for part in found if part.split(": ")[-1] in OF_VERSIONS + OF_LIBRARIES]:
            del found[part]
    return found


def _without_number(data: bytes) -> str:
    """The SHA-256 of an HDF5 file whose `format-version` is written over."""
    image = io.BytesIO(data)
    with h5py.File(image, "r+") as file:
        dtype = file.attrs.get_id("format-version").dtype
        file.attrs.modify("format-version", np.array(b"", dtype))
    return short(image.getvalue())


def _attributes(item: h5py.Group | h5py.Dataset, name: str) -> Record:
    found: Record = {}
    for key in item.attrs:
        value = item.attrs[key]
        values = [_text(one) for one in value] if np.ndim(value) else _text(value)
        if key == "generated-by":
            values = values.split()[0]
        if key != "provenance":
            found[f"{name}@{key}"] = values
            continue
        for part, one in json.loads(values).items():
            one = sorted(one) if part == "software" else one
            parts = one if part == "config" else {"": one}
            found |= {f"@provenance {part} {k}".strip(): v for k, v in parts.items()}
    return found


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _dataset(item: h5py.Dataset, n_rows: int) -> Record:
    """How a dataset lies in the file, its values (of each of so many rows), and what is stored."""
    values, plist, kept = item[...], item.id.get_create_plist(), item.id
    filters = [plist.get_filter(k) for k in range(plist.get_nfilters())]
    told = [
        f"deflate {options[0]}" if code == h5py.h5z.FILTER_DEFLATE else FILTERS.get(code, str(code))
        for code, _, options, _ in filters
    ]
    strings = h5py.check_string_dtype(item.dtype)
    kind = f"{strings.encoding}[{strings.length}]" if strings else item.dtype.str
    layout = f"{kind} {item.shape} of {item.maxshape}, chunks {item.chunks}, {', '.join(told)}"
    chunks = [kept.read_direct_chunk(kept.get_chunk_info(k).chunk_offset) for k in
              range(kept.get_num_chunks())]  # fmt: skip
    return {
        "layout": f"{layout}, fill {_text(item.fillvalue)}",
        "values": [_known(row) for row in values] if n_rows else _known(values),
        "as stored": short(b"".join(mask.to_bytes(4, "little") + data for mask, data in chunks)),
    }


def _known(values: np.ndarray[Any, Any]) -> Any:
    """The values, where they are few, or else their digest."""
    if values.size <= FEW and values.dtype.kind in "iu":
        return values.tolist()
    return short(values.tobytes())


def read_kept() -> tuple[dict[str, Any], dict[str, Record]]:
    """The versions with which the records were made, and the records."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    stores: dict[str, Record] = {}
    for store, parts in kept["stores"].items():
        stores[store] = {}
        for name, value in parts.items():
            if _is_dataset(name):
                layout, *others = value
                told = zip(PARTS, [kept["layouts"][layout], *others], strict=False)
                stores[store] |= {f"{name}: {part}": one for part, one in told}
            else:
                stores[store][name] = value
    return kept["made with"], stores


def differences(found: Record, made_with: dict[str, Any], kept: Record) -> list[str]:
    """What differs in a store from what is kept of it; what depends on versions, for the same."""
    now = versions()
    left_out = list(OF_VERSIONS) * (now != made_with)
    left_out += list(OF_LIBRARIES) * (now["libraries"] != made_with["libraries"])
    return changes(found, kept, left_out)


def changes(found: Record, kept: Record, left_out: Sequence[str] = ()) -> list[str]:
    """What differs between two records, a line for each part that does."""
    found = json.loads(json.dumps(found))
    parts = [part for part in {**kept, **found} if part.split(": ")[-1] not in left_out]
    return [line for part in parts for line in _differ(part, kept.get(part), found.get(part))]


def _differ(part: str, kept: Any, found: Any) -> Iterator[str]:
    if isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        at = [k for k, one in enumerate(found) if one != kept[k]]
        if at:
            listed = ", ".join(map(str, at))
            yield f"{part}, {listed}: found {found[at[0]]!r}; expected {kept[at[0]]!r}"
    elif kept != found:
        yield f"{part}: found {found!r}; expected {kept!r}"


def summary(faults: dict[str, list[str]]) -> str:
    """What differs, a line for each part, with the stores where it does and the first of them."""
    of: dict[str, list[tuple[str, str]]] = {}
    for name, lines in faults.items():
        for line in lines:
            part, _, rest = line.partition(": found ")
            of.setdefault(part, []).append((name, rest))
    return "\n".join(
        f"{part}; in {len(found)} stores, first in {found[0][0]!r}: found {found[0][1]}"
        for part, found in of.items()
    )


def write_kept(stores: dict[str, Record]) -> None:
    """Keep records, one attribute or dataset a line; layouts, which many share, apart."""
    layouts: dict[str, str] = {}
    told: list[str] = []
    for store, record in stores.items():
        parts: dict[str, Any] = {}
        for name, value in record.items():
            dataset, _, part = name.partition(": ")
            if part == PARTS[0]:
                key = short(value.encode())[:8]
                layouts[key] = value
                parts[dataset] = [key]
            elif _is_dataset(name):
                parts[dataset].append(value)
            else:
                parts[name] = value
        lines = (f"   {json.dumps(name)}: {json.dumps(value)}" for name, value in parts.items())
        told.append(f"  {json.dumps(store)}: {{\n" + ",\n".join(lines) + "\n  }")
    head = {"made with": versions(), "layouts": dict(sorted(layouts.items()))}
    text = json.dumps(head, indent=1)[:-2] + ',\n "stores": {\n' + ",\n".join(told) + "\n }\n}\n"
    KEPT.write_text(text, encoding="utf-8")


def _is_dataset(name: str) -> bool:
    return "@" not in name and name not in OF_VERSIONS
