"""Modules and functions stay small enough to be read at once."""

import ast
from pathlib import Path

import methcohort

SRC = Path(methcohort.__file__).parent

MOST_LINES = 350
"""Of a module."""

MOST_BODY = 60
"""Lines of code of a function, without its docstring, comments and blank lines."""

USUAL_BODY = 25
"""What at least 90 % of all functions keep within."""

MOST_PARAMETERS = 8

AS_DOCUMENTED = {
    "build/command.py build",
    "cli/inspect.py command",
    "export/command.py export",
    "filter/command.py filter",
    "summarise/command.py summarise",
}
"""Public signatures with more parameters, which users call by keyword."""

AS_BUILD = {"scatter/load.py load_batch", "scatter/sites.py find_sites"}
"""Steps of a scattered build, which take what `build` takes."""


def functions() -> list[tuple[str, ast.FunctionDef, list[str]]]:
    """Every function of the package: where it is, its syntax, and the lines of its module."""
    found = []
    for path in sorted(SRC.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                name = f"{path.relative_to(SRC).as_posix()} {node.name}"
                found.append((name, node, text.splitlines()))
    return found


def body_lines(node: ast.FunctionDef, lines: list[str]) -> int:
    """Lines of code below the signature and the docstring."""
    first = node.body[1:] if ast.get_docstring(node) else node.body
    if not first:
        return 0
    code = [line.strip() for line in lines[first[0].lineno - 1 : node.end_lineno]]
    return sum(bool(line) and not line.startswith("#") for line in code)


def test_modules_are_short() -> None:
    lengths = {
        path.relative_to(SRC).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in SRC.rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_functions_fit_a_screen() -> None:
    sizes = {f"{name}:{node.lineno}": body_lines(node, lines) for name, node, lines in functions()}
    assert {name: n for name, n in sizes.items() if n > MOST_BODY} == {}
    assert sum(n <= USUAL_BODY for n in sizes.values()) >= 0.9 * len(sizes)


def test_parameters_are_few() -> None:
    found = set()
    for name, node, _ in functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        n = sum(argument.arg not in ("self", "cls") for argument in arguments)
        if n > MOST_PARAMETERS:
            found.add(name)
    assert found == AS_DOCUMENTED | AS_BUILD
