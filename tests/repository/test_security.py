"""No code comes out of a file: what the sources may not do, and what the audit says."""

import ast
import importlib.util
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from places import ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))
MODULES = {
    "cloudpickle", "code", "codeop", "dbm", "dill", "imp", "joblib", "jsonpickle", "marshal",
    "pickle", "pty", "runpy", "shelve", "subprocess", "telnetlib", "http", "requests",
    "urllib", "xml",
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
OF_OS = {"system", "popen", "startfile", "exec", "spawn", "posix_spawn"}
OF_YAML = {"load", "load_all", "full_load", "full_load_all", "unsafe_load", "unsafe_load_all"}
OF_NUMPY = {"load", "loads", "save", "savez"}


def unsafe(source: str) -> Iterator[str]:
    """What a source does that could run code out of a file, or talk to another machine."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if (node.module or "").split(".")[0] in MODULES:
                yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from unsafe_call(node)


def unsafe_call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    owner, _, last = name.rpartition(".")
    words = {word.arg: ast.unparse(word.value) for word in node.keywords}
    if name in CALLS:
        yield name
    if owner == "os" and any(last.startswith(start) for start in OF_OS):
        yield name
    if owner == "yaml" and last in OF_YAML and not words.get("Loader", "").endswith("SafeLoader"):
        yield name
    if owner in ("np", "numpy") and last in OF_NUMPY:
        yield name
    if "allow_pickle" in words or words.get("shell", "False") != "False":
        yield name


def test_no_source_runs_code_out_of_a_file() -> None:
    """No pickle, no eval, no shell, no unsafe YAML, no network, anywhere in the package."""
    assert len(SOURCES) > 40
    found = {path: list(unsafe(path.read_text(encoding="utf-8"))) for path in SOURCES}
    assert {path: names for path, names in found.items() if names} == {}
    for path in (ROOT / "workflow").rglob("*"):
        if path.suffix in (".smk", ".py") or path.name == "Snakefile":
            text = path.read_text(encoding="utf-8")
            for word in ("yaml.load(", "pickle", "eval(", "os.system", "shell=True"):
                assert word not in text, path


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from marshal import loads", "import subprocess as s", "eval('1')",
        "exec(text)", "os.system('x')", "os.popen('x')", "os.execv('x', [])", "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)", "yaml.unsafe_load(text)", "np.load('x')",
        "read('x', allow_pickle=True)", "run('x', shell=True)", "import urllib.request",
    ],
)  # fmt: skip
def test_the_search_finds_it(source: str) -> None:
    assert list(unsafe(source))


def test_the_search_lets_the_rest_be() -> None:
    source = "import re\nre.compile('x')\nyaml.load(x, Loader=yaml.SafeLoader)\nyaml.safe_load(x)"
    assert not list(unsafe(source))


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    """The script behind `make audit`."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / "requirements" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FOUND = {"id": "PYSEC-1", "aliases": ["CVE-2"], "fix_versions": ["1.1"]}


@pytest.mark.parametrize(
    ("packages", "ignored", "status", "words"),
    [
        ([{"name": "a", "skip_reason": "not found"}], "", 0, "could not be run"),
        ([{"name": "a", "version": "1", "vulns": []}], "", 0, "1 packages looked up, passed"),
        ([{"name": "a", "version": "1", "vulns": [FOUND]}], "", 1, "a 1: PYSEC-1, mended in 1.1"),
        ([{"name": "a", "version": "1", "vulns": [FOUND]}], "CVE-2  # no server", 0, "no server"),
        ([{"name": "a", "version": "1", "vulns": [FOUND]}], "# CVE-2\nCVE-3", 1, "FAILED"),
        (
            [{"name": "a", "skip_reason": "x"}, {"name": "b", "version": "1", "vulns": []}],
            "", 0, "does not know a",
        ),
    ],
)  # fmt: skip
def test_audit(
    audit: ModuleType, packages: list[dict[str, Any]], ignored: str, status: int, words: str
) -> None:
    """Nothing audited is said and never called a pass; a vulnerability fails unless passed over."""
    found, said = audit.judge({"dependencies": packages}, audit.ignored(ignored))
    assert found == status
    assert words in "\n".join(said)


def test_nothing_is_passed_over_without_a_reason(audit: ModuleType) -> None:
    reasons = audit.ignored(audit.IGNORED.read_text(encoding="utf-8"))
    assert all(len(reason) > 20 for reason in reasons.values())
