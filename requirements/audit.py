"""Look for known vulnerabilities of the packages that a user installs: `make audit`.

pip-audit asks a service on the network for each line of `run.txt`. Where the service cannot be
reached, or knows none of the packages (as behind a mirror that has only the files), nothing was
audited: that is said, and is no failure, since no change of the project could mend it. A
vulnerability that is found is a failure, unless `audit-ignored.txt` names it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
IGNORED = FOLDER / "audit-ignored.txt"
LONGEST_SECONDS = 240


def ignored(text: str) -> dict[str, str]:
    """Return why each vulnerability is passed over, by its name."""
    lines = [line.partition("#") for line in text.splitlines()]
    return {name.strip(): reason.strip() for name, _, reason in lines if name.strip()}


def judge(answer: dict[str, Any], passed_over: dict[str, str]) -> tuple[int, list[str]]:
    """Return the exit status and what to say of pip-audit's answer."""
    packages = answer["dependencies"]
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return 0, [
            f"audit: could not be run: the service knows none of the {len(packages)} packages"
        ]
    said, status = [], 0
    for package in audited:
        for found in package["vulns"]:
            names = [found["id"], *found.get("aliases", [])]
            reasons = [passed_over[name] for name in names if name in passed_over]
            fixed = ", ".join(found.get("fix_versions", [])) or "no version yet"
            what = f"{package['name']} {package['version']}: {names[0]}, mended in {fixed}"
            said.append(f"{what}; passed over: {reasons[0]}" if reasons else what)
            status = status if reasons else 1
    unknown = [package["name"] for package in packages if "vulns" not in package]
    if unknown:
        said.append(f"audit: the service does not know {', '.join(unknown)}")
    said.append(f"audit: {len(audited)} packages looked up, " + ("FAILED" if status else "passed"))
    return status, said


def main() -> int:
    """Run pip-audit and judge its answer; return the exit status."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(FOLDER / "run.txt"), "--no-deps",
        "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "30",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"audit: could not be run: no answer within {LONGEST_SECONDS} s")
        return 0
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        if re.search(r"ConnectionError|Connect|Timeout|resolve|service|HTTP|SSL|proxy", last, re.I):
            print(f"audit: could not be run: {last[:300]}")
            return 0
        print(f"audit: pip-audit itself failed: {last[:300]}")
        return 1
    status, said = judge(answer, ignored(IGNORED.read_text(encoding="utf-8")))
    print("\n".join(said))
    return status


if __name__ == "__main__":
    sys.exit(main())
