"""Packages import downwards, through doors: so each can change, and be read, alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import methcohort

SRC = Path(methcohort.__file__).parent

FLOORS = [
    {"core", "resources"},
    {"files"},
    {"engine"},
    {"store", "writers"},
    {"genome", "rows"},
    {"select"},
    {"readers", "base_check"},
    {"cohort"},
    {"matrix"},
    {"build"},
    {"growth", "filter", "summarise", "export", "scatter", "verify", "project"},
    {"cli"},
]
"""Packages and loose modules; each imports only what stands before its own floor."""

PUBLIC = {
    "core.doors",
    "core.errors",
    "core.log",
    "core.progress",
    "core.signals",
    "engine.compile",
    "files.strict_yaml",
    "readers.formats",
    "store.cytosine",
    "store.schema",
}
"""Modules that are doors of their own, since the rest of their package is slow to load."""

DEPTH = {name: depth for depth, names in enumerate(FLOORS) for name in names}
TOP = {"__init__", "__main__"}


def modules() -> list[Path]:
    """Every module below the package but its two doors."""
    return [
        path for path in sorted(SRC.rglob("*.py")) if path.parent != SRC or path.stem not in TOP
    ]


def home(path: Path) -> str:
    """Package, or loose module, that a file belongs to."""
    return path.relative_to(SRC).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Modules of methcohort that a file imports from, also inside functions, and what of them."""
    package = ["methcohort", *path.relative_to(SRC).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                if module == "methcohort" or module.startswith("methcohort."):
                    yield module.removeprefix("methcohort").lstrip("."), alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert not alias.name.startswith("methcohort"), f"{path}: import {alias.name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SRC).as_posix())
def test_imports_go_down_through_doors(path: Path) -> None:
    """Neither upwards, nor to a peer, nor past a door."""
    own = home(path)
    assert own in DEPTH, f"{own} has no place in FLOORS"
    for module, name in imported(path):
        package = module.split(".")[0]
        if package == own:
            continue
        assert DEPTH.get(package, len(FLOORS)) < DEPTH[own], f"imports {name} from {module}"
        assert module == package or module in PUBLIC, f"imports {name} past the door of {package}"


def test_every_floor_is_there() -> None:
    """FLOORS names no package that has gone, and PUBLIC no module."""
    assert {home(path) for path in modules()} == set(DEPTH)
    for name in PUBLIC:
        path = SRC / name.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), name


@pytest.mark.parametrize("package", sorted(name for name in DEPTH if (SRC / name).is_dir()))
def test_doors(package: str) -> None:
    """Each opens with what it is for; all that it lists is there, and wanted by somebody."""
    door = ast.parse((SRC / package / "__init__.py").read_text(encoding="utf-8"))
    words = ast.get_docstring(door) or ""
    assert len(words.split()) > 8, "say what the package is for and what it does not know"
    listed = set(getattr(__import__(f"methcohort.{package}", fromlist=["_"]), "__all__", []))
    wanted = {
        name
        for path in [*modules(), SRC / "__init__.py"]
        if home(path) != package
        for module, name in imported(path)
        if module == package
    }
    assert listed == wanted or package == "cli"


@pytest.mark.parametrize("package", sorted(name for name in DEPTH if (SRC / name).is_dir()))
def test_no_circles(package: str) -> None:
    """Within a package modules import each other in one direction."""
    within = {
        path.stem: {
            module.removeprefix(f"{package}.").split(".")[0] if "." in module else name
            for module, name in imported(path)
            if module.split(".")[0] == package
        }
        for path in (SRC / package).glob("*.py")
        if path.stem != "__init__"
    }
    done: set[str] = set()
    while (
        ready := {name for name, needs in within.items() if not (needs & set(within)) - done} - done
    ):
        done |= ready
    assert done == set(within), f"a circle among {sorted(set(within) - done)}"


LIGHT = """
import sys
from methcohort import store
from methcohort.store import schema, cytosine
import methcohort
methcohort.open_store, methcohort.info, methcohort.query
loaded = {"numba", "methcohort.engine"} & set(sys.modules)
assert not loaded, loaded
"""


NO_KERNELS = """
import sys
from methcohort.cohort import recipe
assert "numba" not in sys.modules
"""


@pytest.mark.parametrize("program", [LIGHT, NO_KERNELS], ids=["a store", "a recipe"])
def test_what_needs_no_kernels_loads_none(program: str) -> None:
    """Who reads a store or writes a recipe does not wait for a compiler to load."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
