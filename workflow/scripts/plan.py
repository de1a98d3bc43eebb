"""What the rules ask for: the recipe and the files of a job, the names of its parts, its options.

A plain file, which Snakemake fetches for `common.smk`. The functions that rules call are methods of
`Plan`. Those of them that take `output` would need no more than the wildcards: it keeps what they
return from being a parameter, since a change of those makes a store again, and only the recipe may
do so.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.io import ancient, local

if TYPE_CHECKING:
    from asked import Asked, Rows


class Plan:
    """All that the rules of one use of the workflow ask for.

    Parameters
    ----------
    asked : an `Asked`, of the file of that name
    """

    def __init__(self, asked: "Asked") -> None:
        self.asked = asked
        self.pattern = ""
        self.published = functools.cache(self._published)
        self.route = functools.cache(self._route)

    # Recipes: what rules are given of them

    def place(self, pattern: str) -> None:
        """Tell where recipes are: what `write_recipe` makes, with the prefix of a module."""
        self.pattern = pattern

    def beside(self, name: str) -> Path:
        """Return the path of a file in the folder of recipes."""
        return Path(self.pattern).parent / name

    def wanted(self, wildcards: Any) -> list[str]:
        """Return the recipes of all stores. As targets they are made where they are missing."""
        digests = ((cohort, self.asked.digest(cohort)) for cohort in self.asked.cohorts)
        return [local(str(self.beside(recipe_name(*one)))) for one in digests]

    def recipe(self, wildcards: Any) -> str:
        """Return the recipe of a store.

        Once a store was published, the time of its recipe does not matter any more. A recipe whose
        build has failed has to look newer and other than what Snakemake may know of it.
        """
        cohort = wildcards.cohort
        digest = wildcards.get("digest") or self.asked.digest(cohort)
        name = recipe_name(cohort, digest)
        if digest == self.asked.digest(cohort):
            if self.is_published(cohort):
                old: str = ancient(f"results/.recipes/{name}")
                return old
            make_newer(self.beside(name), self.store(cohort))
        return f"results/.recipes/{name}"

    def store(self, cohort: str) -> Path:
        """Return the path of a published store."""
        return self.beside("").parent / f"{cohort}.h5"

    def is_published(self, cohort: str) -> bool:
        """Tell whether the store is that of the recipe, and no build was begun since."""
        published = self.published(cohort)
        begun = self.beside(f"{cohort}.begun").exists()
        return not begun and published.get("digest") == self.asked.digest(cohort)

    def _published(self, cohort: str) -> dict[str, Any]:
        """Return the recipe of what was published last, and as what it was built; or nothing."""
        try:
            with self.beside(f"{cohort}.published.yaml").open(encoding="utf-8") as file:
                built = file.readline().removeprefix("#").strip()
                found: dict[str, Any] = json.load(file)
        except (OSError, ValueError):
            return {}
        return found | {"built": built}

    # What the command that writes a recipe is told

    def sheet(self, wildcards: Any, output: Any) -> str:
        """Return the path of the sheet; its name decides nothing."""
        path: str = self.asked.config["samples"]
        return path

    def settings(self, wildcards: Any, output: Any) -> str:
        """Return the keys of the configuration that differ from the defaults, as JSON."""
        return json.dumps(self.asked.given, ensure_ascii=False)

    def release(self, wildcards: Any, output: Any) -> str:
        """Return the version that the recipe is for."""
        return self.asked.version

    def batch(self, wildcards: Any, output: Any) -> str:
        """Return the option that says which batch a recipe is of; nothing for that of a store."""
        cohort = wildcards.cohort
        for part in parts_of(self.asked.n_batches(cohort)):
            if self.asked.digest(cohort, part) == wildcards.digest:
                return f"--batch {part.replace('-of-', '/')}"
        return ""

    def vouched(self, wildcards: Any, output: Any) -> str:
        """Return the table of files that the command does not look at."""
        return table(self.asked.unseen(wildcards.cohort))

    # Files of jobs

    def files(self, wildcards: Any) -> list[Any]:
        """Return the text files of a job. They are the user's, so they have no prefix."""
        paths = [row["path"] for row in self.job_rows(wildcards)]
        return self.asked.files(wildcards.cohort, paths)

    def job_rows(self, wildcards: Any) -> "Rows":
        """Return the rows of a job: those of its recipe, where the sheet was changed since."""
        cohort, part = wildcards.cohort, wildcards.get("part", "")
        path = self.beside(recipe_name(cohort, wildcards.digest))
        if self.asked.digest(cohort, part) != wildcards.digest and path.exists():
            asked = json.loads(path.read_text(encoding="utf-8"))["request"]
            return [dict(zip(asked["columns"], row, strict=True)) for row in asked["rows"]]
        return self.asked.batch_rows(cohort, part) if part else self.asked.cohort_rows(cohort)

    def fetched(self, wildcards: Any, input: Any) -> str:
        """Return the table of the URLs in the sheet and of the local copies of them."""
        return table(self.asked.copies(self.job_rows(wildcards), input.samples))

    def bed(self, wildcards: Any) -> list[Any]:
        """Return the BED file of the sites, where the configuration names one."""
        return self.shared(wildcards, self.asked.bed_path)

    def reference(self, wildcards: Any) -> list[Any]:
        """Return the FASTA file of the genome, where the configuration names one."""
        return self.shared(wildcards, self.asked.config["reference"])

    def aliases(self, wildcards: Any) -> list[Any]:
        """Return the table of chromosome names, where the configuration names a file."""
        return self.shared(wildcards, self.asked.aliases_path)

    def shared(self, wildcards: Any, path: str) -> list[Any]:
        """Return a file that all cohorts use as an input; none where the path is empty."""
        return self.asked.files(wildcards.cohort, [path] if path else [])

    # Which way a store is built, and the parts of a scattered one

    def _route(self, cohort: str) -> int:
        """Return by how many batches the store is made, 1 for one job that does all.

        One job takes from the earlier store what is unchanged; the many read all files. So a large
        cohort to which few samples come is made by one job as well.
        """
        n, earlier = self.asked.n_batches(cohort), self.published(cohort)
        if n == 1 or not earlier or not self.store(cohort).exists():
            return n
        before = self.asked.facts(earlier["request"])
        asked = self.asked.facts(self.asked.request(cohort))
        new = [fact for fact in asked if fact not in before]
        changed = {name for name, *_ in new} & {name for name, *_ in before}
        few = len(new) * n <= len(asked)
        refused = changed and self.asked.config["changed"] == "refuse"
        return 1 if earlier["can_grow"] and (few or refused) else n

    def built(self, wildcards: Any) -> str:
        """Return the store that is to be published: that of one job, or of many."""
        cohort, digest = wildcards.cohort, self.asked.digest(wildcards.cohort)
        published = self.published(cohort)
        if published.get("digest") == digest and self.store(cohort).exists():
            name = published["built"]
        else:
            n = self.route(cohort)
            name = f"{digest}.h5" if n == 1 else f"{n}.{digest}.h5"
        return f"results/.built/{cohort}/{name}"

    def batches(self, wildcards: Any) -> list[str]:
        """Return all batches of a cohort."""
        cohort = wildcards.cohort
        return [
            f"results/.built/{cohort}/{part}.{self.asked.digest(cohort, part)}.batch"
            for part in parts_of(n_parts(wildcards))
        ]

    def ranges(self, wildcards: Any) -> list[str]:
        """Return the packed ranges of a store; there are as many as batches."""
        stem = f"results/.built/{wildcards.cohort}"
        return [f"{stem}/{part}.{wildcards.digest}.range" for part in parts_of(n_parts(wildcards))]

    def sites(self, wildcards: Any) -> str:
        """Return the file of the sites of a store."""
        stem = f"results/.built/{wildcards.cohort}"
        return f"{stem}/{n_parts(wildcards)}.{wildcards.digest}.sites"

    def part(self, wildcards: Any, output: Any) -> str:
        """Return which part it is, as the command line has it."""
        part: str = wildcards.part
        return part.replace("-of-", "/")

    # What a build is told of the store that it will replace, and what publishing leaves

    def begun(self, wildcards: Any, output: Any) -> str:
        """Return the file that is there from when text is read until the store is published."""
        return str(self.beside(f"{wildcards.cohort}.begun"))

    def said(self, wildcards: Any, output: Any) -> str:
        """Return where the log of the last build is, whatever its recipe."""
        folder = self.store(wildcards.cohort).parent.parent / "logs" / "build_store"
        return str(folder / f"{wildcards.cohort}.log")

    def earlier(self, wildcards: Any, output: Any) -> str:
        """Return the published store, from which a build takes what is unchanged.

        It is no input, since a store that was published would then be a reason to build it again.
        """
        return str(self.store(wildcards.cohort))

    def changed(self, wildcards: Any, output: Any) -> str:
        """Return what to do with changed files."""
        what: str = self.asked.config["changed"]
        return what

    def umask(self, wildcards: Any, output: Any) -> str:
        """Return the umask of a build: who may read the published store may read the new one.

        The command keeps the permissions of what it replaces; here that is another file.
        """
        try:
            mode = self.store(wildcards.cohort).stat().st_mode
        except OSError:
            return '"$(umask)"'
        return f"{~mode & 0o066:04o}"

    def published_file(self, wildcards: Any, output: Any) -> str:
        """Return where the recipe of the published store is kept."""
        return str(self.beside(f"{wildcards.cohort}.published.yaml"))

    def other_recipes(self, wildcards: Any, output: Any) -> str:
        """Return a pattern of the names of a cohort's recipes; no other cohort has such names."""
        return f"{wildcards.cohort}.{'[0-9a-f]' * 16}.yaml"

    def left(self, wildcards: Any, output: Any) -> str:
        """Return the folder with what failed or older builds have left of their parts."""
        return f"{self.store(wildcards.cohort).parent}/.built/{wildcards.cohort}"


def recipe_name(cohort: str, digest: str) -> str:
    """Return the name of the file of a recipe."""
    return f"{cohort}.{digest}.yaml"


def table(paths: Mapping[str, str]) -> str:
    """Return a table of two columns."""
    return "".join(f"{one}\t{other}\n" for one, other in paths.items())


def parts_of(n: int) -> list[str]:
    """Return the names of so many parts."""
    return [f"{k}-of-{n}" for k in range(1, n + 1)]


def n_parts(wildcards: Any) -> int:
    """Return how many parts there are."""
    return int(wildcards.get("n") or wildcards.part.split("-of-")[1])


def make_newer(recipe: Path, store: Path) -> None:
    """Make the recipe of a build that has failed newer than the store, and its text another."""
    if recipe.exists() and store.exists() and recipe.stat().st_mtime <= store.stat().st_mtime:
        with recipe.open("a") as file:
            file.write("\n")
