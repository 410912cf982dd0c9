"""Write the figures in README.md from the cards; nobody types them.

    python -m training.readme

Replaces what stands between the markers ``<!-- figures -->`` and ``<!-- /figures -->``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core import checkpoints, published
from core.results import Card, decimal, percent, write_text

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
BENCH = "bench.json"


def main() -> int:
    text = README.read_text(encoding="utf-8")
    write_text(README, replaced(text, figures()))
    return 0


def replaced(text: str, block: str) -> str:
    """``text`` with ``block`` between the markers."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{block}{END}{tail}"


def figures() -> str:
    """Markdown: a table a model, the published figures, and what a check costs."""
    return "\n".join([*(_model(name) for name in checkpoints.available()), _published(), _bench()])


def _model(name: str) -> str:
    card = checkpoints.card(name)
    lines = [
        f"**{card.title}** (`{name}`): preset `{card.training.preset}`, "
        f"start {card.initialisation.source}, seed {card.training.seed}",
        "",
        "| pictures | n | accuracy | AUC | sensitivity | specificity |",
        "|:--|--:|--:|--:|--:|--:|",
    ]
    for evaluation in card.evaluations.values():
        f = evaluation.figures
        rates = [
            percent(f.accuracy),
            decimal(f.auc),
            percent(f.sensitivity),
            percent(f.specificity),
        ]
        lines.append(f"| {evaluation.title} | {f.n:,} | {' | '.join(rates)} |")
    return "\n".join([*lines, *_limits(card)]) + "\n"


def _limits(card: Card) -> list[str]:
    """What its gate and its three answers were found to do, a line each; none without limits."""
    if card.limits is None:
        return []
    gate = [
        f"{check.title}: {percent(check.kinds[check.truth])} of {check.stopped.n:,} recognised"
        for check in card.limits.gate_checks.values()
    ]
    answers = [
        f"{check.title}: {percent(check.coverage['all'])} hold the truth, "
        f"{percent(check.uncertain)} of {check.uncertain.n:,} 'can't tell'"
        + (f", {percent(right)} of the others right" if right else "")
        for check in card.limits.answer_checks.values()
        for right in [check.right_among_answered]
    ]
    aim = f"{100 * card.limits.answers.coverage:.0f} %" + "".join(
        f" ({kind}s: {100 * cuts.coverage:.0f} %)"
        for kind, cuts in card.limits.answers_by_kind.items()
    )
    return [
        "",
        f"Kinds of pictures told by its gate: {'; '.join(gate)}.",
        "",
        f"Its three answers, which aim to hold the truth for {aim}: {'; '.join(answers)}.",
    ]


def _published() -> str:
    rows = [f"{row.title} {100 * row.value:.1f} % ({row.where})" for row in published.TEST_ACCURACY]
    return f"Published by the report, on its test set of 660: {'; '.join(rows)}.\n"


def _bench() -> str:
    path = checkpoints.FOLDER / BENCH
    if not path.is_file():
        return "`make bench` has not been run.\n"
    bench = json.loads(path.read_text(encoding="utf-8"))
    kinds = list(next(iter(bench["ratios"].values())))
    lines = [
        "What a check costs, in bare forward passes of the same network (`make bench`):",
        "",
        f"| model | {' | '.join(kinds)} |",
        f"|:--|{'--:|' * len(kinds)}",
        *(
            f"| `{name}` | {' | '.join(f'{row[kind]:.2f}' for kind in kinds)} |"
            for name, row in bench["ratios"].items()
        ),
        "",
        f"A server took {bench['server']['most']:.0f} MiB at most in {bench['server']['checks']} "
        f"checks, and grew by {bench['server']['growth a check']:.3f} MiB a check.",
        *_further(bench),
    ]
    return "\n".join(lines) + "\n"


def _further(bench: dict[str, Any]) -> list[str]:
    """Load, folders, training and start, a line each, where they were measured."""
    each = [
        f"- `{name}`, {what}: {value:g}"
        for part in ("load", "folder")
        for name, row in bench.get(part, {}).items()
        for what, value in row.items()
    ]
    alone = [
        f"- {part}, {what}: {value:g}"
        for part in ("training", "start")
        for what, value in bench.get(part, {}).items()
    ]
    return ["", "Measured beside it:", "", *each, *alone] if each or alone else []


if __name__ == "__main__":
    raise SystemExit(main())
