"""methcohort inspect."""

import json
from typing import Any

import click

from ..build import inspect
from ..core.errors import InputError
from ..readers import AUTO, FILL_IN
from ..store import DECIDED_BY


@click.command("inspect")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--format", "form", metavar="NAME", default=AUTO, help="The format, if it is known.")
@click.option("--columns", metavar="NAME", default="", help="The sample, of a text of several.")
@click.option("--reference", metavar="FASTA", help="The genome; else that of the config.")
@click.option(
    "--config", metavar="YAML", help="YAML file with any of the keys, or YAML text in {braces}."
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 1024), help="Worker processes; 0 for none."
)
@click.option("--memory", metavar="SIZE", help="Memory budget across all processes, such as 4GB.")
@click.option("--scratch", metavar="DIR", help="Folder for rows that exceed the memory.")
def command(
    files: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - click passes it by name
    form: str,
    columns: str,
    reference: str | None,
    config: str | None,
    workers: int | None,
    memory: str | None,
    scratch: str | None,
) -> None:
    """Show the detected format and base of input files, and why."""
    found = inspect(
        files,
        config=config,
        form=form,
        columns=columns,
        reference=reference,
        workers=workers,
        memory=memory,
        scratch=scratch,
    )
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_text(one) for one in found))
    faults = [fault for one in found if (fault := _fault(one))]
    if faults:
        raise InputError("\n".join(faults))


def _fault(one: dict[str, Any]) -> str | None:
    """Return why a build would not take the file as it is, or None."""
    if one["fault"] or not one["rival"]:
        found: str | None = one["fault"]
        return found
    return (
        f"{one['path']}: can be {one['format']} or {one['rival']}, which look alike and differ in "
        "their base; name the format in the sheet, or give a reference or other files of the cohort"
    )


def _text(one: dict[str, Any]) -> str:
    if "format" not in one:
        return "\n".join([one["path"], "  format   not known; see below", *_custom(one)])
    rival = f", or {one['rival']}, which differs by its base" if one["rival"] else ""
    lines = [
        one["path"],
        f"  format   {one['format']} ({one['title']}), {one['base']}-based{rival}",
        f"  decided  by {DECIDED_BY[one['decided_by']]}",
        f"  columns  {' '.join(one['columns'])}",
    ]
    if "n_rows" in one:
        lines.append(f"  rows     {one['n_rows']:,}")
    lines += [
        f"  {'because' if k == 0 else '':7}  {sentence}"
        for k, sentence in enumerate(one["evidence"])
    ]
    return "\n".join(lines)


def _custom(one: dict[str, Any]) -> list[str]:
    """Return the lines that describe the columns, as YAML for the configuration."""
    given = one.get("custom")
    if not given:
        return []
    told = [
        "  custom   for the configuration, with the format custom in the sheet, is:",
        "    custom:",
        *(f"      {role}: {column}" for role, column in given.items()),
    ]
    if FILL_IN in given.values():
        told.append(f"  where {FILL_IN} stands for what the text does not tell")
    return told
