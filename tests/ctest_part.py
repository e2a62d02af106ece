# SPDX-License-Identifier: MIT
"""Runs the tests of one build that match a pattern, says of each what it counted, and ends with the sum.

ctest_part.py BUILD PATTERN [TOGETHER]: TOGETHER of them run at the same time, one if nothing is said.
"""

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

CASES = re.compile(r"\[doctest\] test cases:\s*(\d+)")
ASSERTIONS = re.compile(r"\[doctest\] assertions:\s*(\d+)")
PYTHON_TESTS = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)


def run(build: str, pattern: str, together: str) -> list[xml.Element]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        subprocess.run(["ctest", "--test-dir", build, "--tests-regex", pattern, "--parallel", together, "--output-junit", report.name,
                        "--quiet"], check=False)
        return xml.parse(report.name).getroot().findall("testcase")


def figures(output: str) -> str:
    counts = [(found[1], what) for regex, what in [(CASES, "cases"), (PYTHON_TESTS, "cases"), (ASSERTIONS, "assertions")]
              for found in [regex.search(output)] if found]
    return ", ".join(f"{count} {what}" for count, what in counts)


def result_of(case: xml.Element) -> str:
    """A test that was not run has failed (its program may not be there), unless it asked for that itself."""
    if case.get("status") == "run":
        return "passed"
    skip = case.find("skipped")
    return "skipped" if skip is not None and "SKIP_RETURN_CODE" in skip.get("message", "") else "failed"


def tell(case: xml.Element) -> str:
    """Prints the line of one test; "passed", "failed" or "skipped"."""
    output = case.findtext("system-out") or ""
    status = result_of(case)
    said = figures(output)
    if status == "skipped":
        lines = output.strip().splitlines()
        said = lines[-1] if lines else "no reason given"
    word = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}[status]
    print(f"{word:4}  {case.get('name')} ({float(case.get('time')):.1f} s)" + (f": {said}" if said else ""))
    if status == "failed":
        print(output)
    return status


def main(build: str, pattern: str, together: str = "1") -> int:
    cases = run(build, pattern, together)
    told = [tell(case) for case in cases]
    if not told:
        print(f"no test of {os.path.relpath(build)} is called {pattern}")
        told = ["failed"]
    print(f"{told.count('passed')} passed, {told.count('failed')} failed, {told.count('skipped')} skipped", flush=True)
    return 1 if "failed" in told else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
