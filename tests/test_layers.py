"""A module imports only modules from levels before its own, so that each can change alone."""

import ast
from pathlib import Path

import pytest

import methcohort

SRC = Path(methcohort.__file__).parent
LAYERS = [
    {
        "errors",
        "layout",
        "compiled",
        "progress",
        "resources",
        "signals",
        "fletcher",
        "seal",
        "files",
    },
    {"cytosine", "plain_yaml", "shared", "digest", "budget", "tiles", "target", "watch"},
    {"config", "blocks", "workers", "positions", "genome", "bundle", "vetted"},
    {"readers", "catalog", "order"},
    {
        "aliases",
        "sheet",
        "intervals",
        "placing",
        "repeats",
        "inputs",
        "reference",
        "against_reference",
        "batches",
    },
    {"grid"},
    {"chunks"},
    {"stored"},
    {"load", "sites", "pack", "shifts", "identify"},
    {"kernels", "parts", "agreement", "writer", "ledger", "store"},
    {"annotate", "kinds", "collapse", "replicates", "claims", "probe", "one_genome"},
    {"loading", "source", "summary"},
    {"bases", "lost", "others"},
    {"cohort"},
    {"universe", "project"},
    {"taken"},
    {"assemble", "reuse"},
    {"provision", "edits"},
    {"builder"},
    {"inspection", "scatter"},
    {"comparison"},
    {"checks", "growing"},
    {"cli"},
]
DOORS = {"__init__", "__main__"}
DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}


def modules() -> list[Path]:
    """Every module below the package but its two doors."""
    return [
        path
        for path in sorted(SRC.rglob("*.py"))
        if path.relative_to(SRC).with_suffix("").as_posix() not in DOORS
    ]


def layer(path: Path) -> str:
    """Name that a file has in LAYERS: its module or its package."""
    return path.relative_to(SRC).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    """Names in LAYERS that a file imports, also inside functions."""
    package = ["methcohort", *path.relative_to(SRC).parts[:-1]]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            names = [start + "." + name for name in names]
        elif not isinstance(node, ast.Import):
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("methcohort.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SRC).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    """Neither upwards nor to a peer; within a package its own modules are free."""
    own = layer(path)
    assert own in DEPTH, f"{own} has no place in LAYERS"
    unknown = imported(path) - set(DEPTH)
    assert not unknown, f"{own} imports {unknown}, which have no place in LAYERS"
    wrong = {name for name in imported(path) - {own} if DEPTH[name] >= DEPTH[own]}
    assert not wrong, f"{own} imports {sorted(wrong)}, of its own level or above"


def test_every_layer_is_there() -> None:
    """LAYERS names no module that has gone."""
    assert {layer(path) for path in modules()} == set(DEPTH)
