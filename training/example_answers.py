"""Write down what a model says of each example picture, beside what it turned out to be.

    python -m training.example_answers --model general

Writes docs/examples.md. Nothing was fitted to these pictures, and they are too few and too well
chosen to be a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core import classifier
from core.assessment.assess import Assessment
from core.classifier import Classifier
from core.files import write_text
from core.images import open_image
from core.labels import LOOKS
from core.pictures.diagnoses import in_words
from core.pictures.examples import Example, read_examples
from core.statistics.estimates import chance
from training import command

GOAL = Path(__file__).resolve().parents[1] / "docs" / "examples.md"
_HEAD = """# What the model says of the pictures to try

Written by `{command}`; model `{model}`, weights SHA-256
`{sha256}`. Nobody chose a threshold on these
pictures and no model learned from them; they were chosen by eye and are too few for a test: the
tests are in [results.md](results.md).

{counted}

| file | kind | turned out to be | answer | P(malignant) |
|:--|:--|:--|:--|--:|
"""


@dataclass(frozen=True)
class ExampleAnswersOptions:
    """What the command was given."""

    model: str


def main(arguments: list[str] | None = None) -> int:
    parser = command.new_parser("training.example_answers", __doc__)
    parser.add_argument("--model", required=True)
    return command.run(parser, ExampleAnswersOptions, _work, arguments)


def _work(options: ExampleAnswersOptions, recorded: str) -> None:
    model = classifier.load(options.model)
    found = [(one, model.assess(open_image(one.data))) for one in read_examples()]
    write_text(GOAL, document(model, found, recorded))


def document(model: Classifier, found: Iterable[tuple[Example, Assessment]], recorded: str) -> str:
    """Markdown: a row a picture, and each answer counted by what the lesion was."""
    pairs = list(found)
    head = _HEAD.format(
        command=recorded, model=model.card.name, sha256=model.card.weights.sha256,
        counted=counted(pairs),
    )  # fmt: skip
    return head + "".join(f"| {' | '.join(row(*pair))} |\n" for pair in pairs)


def counted(pairs: Iterable[tuple[Example, Assessment]]) -> str:
    """How often each answer was given to benign and to malignant lesions that are as they were."""
    told = Counter((one.label, LOOKS[found.answer]) for one, found in pairs if one.kind != "made")
    lines = []
    for label in ("malignant", "benign"):
        answers = ", ".join(f"{told[label, name]} {name}" for name in LOOKS.values())
        total = sum(number for (of, _), number in told.items() if of == label)
        lines.append(f"- Of {total} {label} ones: {answers}.")
    return "\n".join(lines)


def row(one: Example, found: Assessment) -> tuple[str, ...]:
    """The cells of one picture; a stopped one has its reason and no number."""
    truth = f"{one.label}: {in_words(one.dx)}" if one.label else "bare skin"
    answer = LOOKS[found.answer]
    if found.cause:
        return one.file, _kind(one), truth, f"{answer} ({found.cause})", "–"
    return one.file, _kind(one), truth, answer, chance(found.probability)


def _kind(one: Example) -> str:
    return f"{one.made_from}, {one.made}" if one.kind == "made" else one.kind


if __name__ == "__main__":
    raise SystemExit(main())
