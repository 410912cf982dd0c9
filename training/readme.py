"""Write the figures in README.md and docs/results.md from the cards; nobody types them.

    python -m training.readme

Replaces what stands between the markers ``<!-- figures -->`` and ``<!-- /figures -->``: one table
of headline figures in the one, everything in the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core import checkpoints
from core.files import write_text
from core.results import collections, limits_tables, published
from core.results.test_sets import LEAK_FREE, OFFICIAL
from core.statistics.estimates import decimal, percent

ROOT = Path(__file__).resolve().parent.parent
README, RESULTS = ROOT / "README.md", ROOT / "docs" / "results.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
_HEADLINE = {
    "official test": OFFICIAL,
    "of no known lesion": LEAK_FREE,
    "ISIC 2018": collections.ISIC_2018,
    "ISIC 2017": collections.ISIC_2017,
    "phone photos": collections.PAD_UFES,
    "atlas photos": collections.FITZPATRICK,
}
BENCH, SOAK, FUZZ = "bench.json", "soak.json", "fuzz.json"


def main() -> int:
    for path, block in ((README, headline()), (RESULTS, figures())):
        write_text(path, replaced(path.read_text(encoding="utf-8"), block))
    return 0


def replaced(text: str, block: str) -> str:
    """``text`` with ``block`` between the markers."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{block}{END}{tail}"


def headline() -> str:
    """Markdown: AUC of every shipped model on the sets that say most about it, and its misses."""
    rows = []
    for name in checkpoints.available():
        found = checkpoints.card(name).evaluations
        rows.append({"AUC": f"`{name}`"} | {
            heading: decimal(found[key].figures.auc if key in found else None)
            for heading, key in _HEADLINE.items()
        })  # fmt: skip
    return "\n".join([*_table(rows), *_looks_benign()]) + "\n"


def _looks_benign() -> list[str]:
    """How many of those that 'look benign' are malignant: a row a collection, a column a model."""
    limits = {name: found for name in checkpoints.available()
              if (found := checkpoints.card(name).limits)}  # fmt: skip
    titles = {key: check.title for found in limits.values()
              for key, check in found.answer_checks.items()}  # fmt: skip
    if not titles:
        return []
    rows = []
    for key, heading in titles.items():
        of = next(found for found in limits.values() if key in found.answer_checks)
        row = {
            "malignant of 'looks benign'": heading,
            "of all": f"{100 * of.answers_for(of.kind_of(key)).prevalence:.0f} %",
        }
        for name, found in limits.items():
            check = found.answer_checks.get(key)
            row[f"`{name}`"] = percent(check.malignant_among_benign if check else None)
        rows.append(row)
    return [
        "",
        "Of the pictures that a model says look benign, how many are malignant where so many of",
        "all are. Counted as served: what its gate stops does not look benign. Where 1 in 100 are,",
        "as in a general practice: [docs/results.md](docs/results.md).",
        "",
        *_table(rows),
    ]


def figures() -> str:
    """Markdown: a table a model, the published figures, and what a check costs."""
    return "\n".join([*(_model(name) for name in checkpoints.available()), _published(), _bench()])


def _model(name: str) -> str:
    card = checkpoints.card(name)
    scores: list[limits_tables.Row] = [
        {
            "pictures": evaluation.title,
            "n": evaluation.figures.n,
            "accuracy": percent(evaluation.figures.accuracy),
            "AUC": decimal(evaluation.figures.auc),
            "sensitivity": percent(evaluation.figures.sensitivity),
            "specificity": percent(evaluation.figures.specificity),
        }
        for evaluation in card.evaluations.values()
    ]
    lines = [
        f"**{card.title}** (`{name}`): preset `{card.training.preset}`, "
        f"start {card.initialisation.source}, seed {card.training.seed}",
        "",
        *_table(scores),
    ]
    if card.limits is not None:
        lines += [
            "", "What its gate tells apart, and what its three answers hold:", "",
            *_table(limits_tables.gate_rows(card.limits)), "",
            *_table(limits_tables.answer_rows(card.limits)),
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[Mapping[str, str | int]]) -> list[str]:
    """Lines of Markdown; numbers and what follows them stand at the right."""
    heads = list(rows[0])
    return [
        f"| {' | '.join(heads)} |",
        f"|:--|{'--:|' * (len(heads) - 1)}",
        *(f"| {' | '.join(_cell(value) for value in row.values())} |" for row in rows),
    ]


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _published() -> str:
    rows = [f"{row.title} {100 * row.value:.1f} % ({row.where})" for row in published.TEST_ACCURACY]
    return f"Published by the report, on its test set of 660: {'; '.join(rows)}.\n"


def _bench() -> str:
    path = checkpoints.FOLDER / BENCH
    if not path.is_file():
        return "`make bench` has not been run.\n"
    bench = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        "What a check costs, in bare forward passes of the same network (`make bench`; a row is of "
        "the last run on that kind of processor). The faster a processor does those, the more such "
        "passes everything else takes:",
        "",
        *_by_model(bench["ratios"], ".2f"),
        "",
        f"A server took {bench['server']['after all checks']:.0f} MiB after "
        f"{bench['server']['checks']} checks, {bench['server']['most']:.0f} at its highest, and "
        f"grew by {bench['server']['growth a check']:.3f} MiB a check.",
        *_container(bench.get("container")),
        *_visitors(),
        *_reading(),
        *_further(bench),
    ]
    return "\n".join(lines) + "\n"


def _by_model(found: Mapping[str, Mapping[str, Mapping[str, float]]], form: str) -> list[str]:
    """A row a model and kind of processor, what was measured of it in the columns."""
    rows = [(name, kind, models[name]) for name in checkpoints.available()
            for kind, models in found.items() if name in models]  # fmt: skip
    columns = dict.fromkeys(what for *_, row in rows for what in row)
    return _table([
        {"model": f"`{name}`", "processor": kind,
         **{what: format(row[what], form) if what in row else "" for what in columns}}
        for name, kind, row in rows
    ])  # fmt: skip


def _container(found: Mapping[str, float] | None) -> list[str]:
    """What the container's own limit made of as many checks, in a sentence."""
    if not found:
        return []
    return [
        "",
        f"As the container runs it, on a read-only file system and held to {found['limit']:.0f} "
        f"MiB, it did {found['checks']:.0f} checks, took {found['charged at most']:.0f} MiB at its "
        f"highest ({found['most']:.0f} with the pages of libraries' files, which give way), and "
        f"{found['processes killed'] or 'no'} processes were ended for want of memory.",
    ]


def _visitors() -> list[str]:
    """What ``make soak`` found, in a sentence, where it was run."""
    path = checkpoints.FOLDER / SOAK
    found = json.loads(path.read_text(encoding="utf-8")).get("visitors") if path.is_file() else None
    if not found:
        return []
    return [
        "",
        f"{found['visitors']} visitors at once for {found['minutes']:g} minutes (`make soak`, "
        f"{found['processor']}) did "
        f"{sum(found['done'].values()):,} things and got {found['wrong in all']} wrong answers; "
        f"half of their checks took up to {found['check p50, s']:.0f} s, 95 % up to "
        f"{found['check p95, s']:.0f} s, and the server {found['memory at most, MiB']:.0f} MiB.",
    ]


def _reading() -> list[str]:
    """What ``python -m tests.fuzz`` found of reading one file, in a sentence, where it was run."""
    path = checkpoints.FOLDER / FUZZ
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    sound: dict[str, dict[str, float]] = found["heaviest sound files"]
    heaviest = max(sound, key=lambda name: sound[name]["mib"])
    return [
        "",
        f"Of {found['pictures']:,} damaged files (`python -m tests.fuzz`) {found['refused']:,} "
        f"were refused, and none took more than {found['slowest, s of the processor']:.1f} s of "
        f"the processor. Of sound files the heaviest, {heaviest}, took "
        f"{sound[heaviest]['mib']:.0f} MiB while it was read.",
    ]


_HEADINGS = {
    "load": "Under load, checks of a 2-megapixel JPEG if not said otherwise:",
    "folder": "A folder through `python -m core`:",
}


def _further(bench: dict[str, Any]) -> list[str]:
    """Load and folders as tables, training and start in a line each, where they were measured."""
    lines = []
    for part, heading in _HEADINGS.items():
        if found := bench.get(part):
            lines += ["", heading, "", *_by_model(found, ",g")]
    alone = [
        f"- training, {what}, {processor}: {value:g}"
        for processor, found in bench.get("training", {}).items()
        for what, value in found.items()
    ] + [f"- start, {what}: {value:g}" for what, value in bench.get("start", {}).items()]
    return [*lines, "", *alone] if alone else lines


if __name__ == "__main__":
    raise SystemExit(main())
