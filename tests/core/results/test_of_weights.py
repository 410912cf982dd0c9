"""A results file is shown for the weights that it is of, and for no other's."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from core import checkpoints
from core.fairness.review import FOLDER as FAIRNESS
from core.results import map_check, of_weights, robustness
from core.results.card import CARD, Card, write_card
from core.results.json_files import ResultsRejected
from core.results.of_weights import COLUMN, stamped, unstamped

TABLE = pd.DataFrame({"a": [1, 2, 3]})


def test_a_stamped_table_comes_back_as_it_was(full_card: Card, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    stamped(TABLE, full_card.weights.sha256).to_csv(path, index=False)
    assert path.read_text().count(full_card.weights.sha256) == 1
    pd.testing.assert_frame_equal(unstamped(pd.read_csv(path), path, full_card, "again"), TABLE)


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (["0" * 64, None, None], r"m/x\.csv is of other weights: run `again` again\."),
        ([None, None, None], "does not say of which weights"),
        (["f" * 64, "0" * 64, None], "is of other weights"),  # two files, one after the other
        (None, "does not say of which weights"),
    ],
)
def test_a_table_of_other_weights_or_of_none_is_refused_with_the_command(
    full_card: Card, marks: list[str | None] | None, said: str
) -> None:
    table = TABLE if marks is None else TABLE.assign(**{COLUMN: marks})
    with pytest.raises(ResultsRejected, match=said):
        unstamped(table, Path("m/x.csv"), full_card, "again")


def test_rows_in_another_order_are_still_of_these_weights(full_card: Card) -> None:
    table = stamped(TABLE, full_card.weights.sha256)[::-1]
    assert unstamped(table, Path("m/x.csv"), full_card, "again")["a"].tolist() == [3, 2, 1]


def test_a_sweep_and_a_check_of_weights_that_were_replaced_are_not_given_out(
    tmp_path: Path,
) -> None:
    card = checkpoints.card("resnet18", checkpoints.SHIPPED)
    folder = tmp_path / "resnet18"
    folder.mkdir()
    for name in (robustness.FILE, map_check.FILE):
        (folder / name).write_bytes((checkpoints.SHIPPED / "resnet18" / name).read_bytes())
    write_card(card, folder / CARD)
    assert robustness.read_robustness("resnet18", tmp_path) is not None
    assert map_check.read_map_check(card, tmp_path) is not None
    new = dataclasses.replace(card, weights=dataclasses.replace(card.weights, sha256="1" * 64))
    write_card(new, folder / CARD)
    with pytest.raises(ResultsRejected, match=r"training\.robustness --model resnet18` again"):
        robustness.read_robustness("resnet18", tmp_path)
    with pytest.raises(ResultsRejected, match=r"training\.map_check --model resnet18` again"):
        map_check.read_map_check(new, tmp_path)


def results_files() -> list[Path]:
    root = checkpoints.SHIPPED
    found = [p for p in root.rglob("*.csv") if p.relative_to(root).parts[0] != "collections"]
    found += root.glob(f"*/{FAIRNESS}/*.json")
    return [*found, *root.glob(f"*/{map_check.FILE}")]


def test_every_results_file_that_is_shipped_carries_the_sha256_of_its_models_weights() -> None:
    wrong = []
    for path in results_files():
        folder = next(p for p in path.parents if (p / CARD).is_file())
        sha256 = json.loads((folder / CARD).read_text())["weights"]["sha256"]
        if path.suffix == ".json":
            found = json.loads(path.read_text()).get(COLUMN)
        elif path.name == "out_of_fold.csv":
            continue
        else:
            table = pd.read_csv(path, nrows=1)
            found = table[COLUMN][0] if COLUMN in table else None
        if found != sha256:
            wrong.append(str(path.relative_to(checkpoints.SHIPPED)))
    assert len(results_files()) > 200
    assert wrong == []
    assert of_weights.COLUMN == COLUMN
