"""Write down what a model says of each example picture, beside what it turned out to be.

    python -m training.example_answers --model general

Writes docs/examples.md, if the model is the one that comes first, and beside the model what it
answers to the picture that 'Stress test' shows first: under everything that cameras and clinics do,
under attacks and under noise. Nothing was fitted to these pictures, and they are too few and too
well chosen to be a test.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import checkpoints, classifier
from core.assessment.assess import Assessment
from core.classifier import Classifier
from core.files import write_bytes, write_text
from core.images import open_image
from core.labels import LOOKS, PHOTO
from core.pictures.corruptions import SHIFTS
from core.pictures.diagnoses import in_words
from core.pictures.examples import Example, first_file, read_examples
from core.probes import attack_path, changed_picture
from core.results import stressed_example
from core.results.robustness import FGSM, GAUSSIAN, PGD, SIGN_NOISE
from core.results.stressed_example import EPSILON_PLACES, SIGMA_PLACES, StressedExample
from core.statistics.estimates import chance
from training import command
from training.data.labelled_set import DataRejected

GOAL = Path(__file__).resolve().parents[1] / "docs" / "examples.md"
SEED = 0  # as a visit's first picture is changed
STRENGTHS = tuple(i / 20 for i in range(21))  # the slider's places
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


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.example_answers", __doc__)
    p.add_argument("--model", required=True)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), ExampleAnswersOptions, _work, arguments)


def _work(options: ExampleAnswersOptions, recorded: str) -> None:
    model = classifier.load(options.model)
    found = [(one, model.assess(open_image(one.data))) for one in read_examples()]
    record, directions = stressed(model, found, recorded)
    if options.model == checkpoints.default():
        write_text(GOAL, document(model, found, recorded))
    folder = checkpoints.FOLDER / options.model
    write_bytes(folder / stressed_example.DIRECTIONS, directions)
    text = json.dumps(dataclasses.asdict(record), indent=1)
    write_text(folder / stressed_example.FILE, f"{text}\n")


def stressed(
    model: Classifier, found: Iterable[tuple[Example, Assessment]], recorded: str
) -> tuple[StressedExample, bytes]:
    """What the model answers to the picture that 'Stress test' shows first, under every change.

    Beside it the file of the attacks' directions. Raises ``DataRejected`` where the picture is not
    at hand or is stopped.
    """
    file = first_file(PHOTO in model.card.limits.kinds_judged if model.card.limits else True)
    pair = next((pair for pair in found if pair[0].file == file), None)
    if pair is None:
        raise DataRejected(f"The example {file} is not at hand.")
    one, assessment = pair
    if assessment.cause:
        raise DataRejected(f"The model does not judge the example {file}: {assessment.cause}.")
    subject = attack_path.prepare(model, model.network_input(open_image(one.data)))
    path, _ = attack_path.walk(model, subject)
    curve = attack_path.curve(model, subject, SEED)
    served = subject.served_by(model)

    def chances(change: str, strengths: Sequence[float]) -> tuple[float, ...]:
        return tuple(
            served.look(changed_picture.changed(subject, change, strength, SEED, path)[None],
                        subject.label)[0].probability
            for strength in strengths
        )  # fmt: skip

    signs = np.stack([direction.permute(1, 2, 0).numpy() for direction in path.directions])
    directions = stressed_example.directions_png(signs)
    return StressedExample(
        schema=stressed_example.SCHEMA, command=recorded, date=datetime.date.today().isoformat(),
        weights_sha256=model.card.weights.sha256, file=one.file,
        picture_sha256=hashlib.sha256(one.data).hexdigest(),
        directions_sha256=hashlib.sha256(directions).hexdigest(), seed=SEED,
        probability=subject.clean.probability,
        flip=attack_path.smallest_flip(model, subject, curve),
        strengths=STRENGTHS, under={shift: chances(shift, STRENGTHS) for shift in SHIFTS},
        epsilons=EPSILON_PLACES,
        attacked={kind: chances(kind, EPSILON_PLACES) for kind in (FGSM, PGD, SIGN_NOISE)},
        sigmas=SIGMA_PLACES, noisy=chances(GAUSSIAN, SIGMA_PLACES),
    ), directions  # fmt: skip


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
