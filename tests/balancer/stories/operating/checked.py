# SPDX-License-Identifier: MIT
"""The configurations by which recyclerctl lint is tested: each is one that its balancer accepts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.servers import checkers
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

RECORDED = Path(__file__).resolve().parents[3] / "recorded" / "lint"


def configurations() -> list[tuple[str, Path]]:
    """Each with its balancer: rules/RULE/bad.BALANCER, published/BALANCER/NAME.conf."""
    rules = [(path.suffix[1:], path) for path in sorted(RECORDED.glob("rules/*/*")) if path.suffix != ".toml"]
    return rules + [(path.parent.name, path) for path in sorted(RECORDED.glob("published/*/*.conf"))]


@story
def each_configuration_that_lint_is_tested_with_is_one_that_its_balancer_accepts(stage):
    checkers.prepare(stage)
    skipped, checked = {}, []
    for kind, path in configurations():
        module = checkers.missing_module(path.read_text())
        if module:
            skipped[f"{kind}/{path.stem}"] = module
        else:
            checked.append((kind, path, f"{len(checked)}-{kind}-{path.stem}"))
    with ThreadPoolExecutor(max_workers=2) as both_cores:
        complaints = list(both_cores.map(lambda each: checkers.complaint(stage, *each), checked))
    refused = [f"{path.relative_to(RECORDED)}: {complaint}" for (_, path, _), complaint in zip(checked, complaints) if complaint]
    assert not refused, f"{len(refused)} of {len(checked)}:\n" + "\n".join(refused)
    assert len(checked) > 200, f"only {len(checked)}"
    left = "; ".join(f"{name} needs {module}" for name, module in skipped.items())
    return f"{len(checked)} accepted, not checked here: {left or 'none'}"
