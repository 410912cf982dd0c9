"""The app of whoever keeps models elsewhere: ``LESION_CHECKPOINTS`` names the folder."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import checkpoints, classifier
from core.images import open_image
from core.pictures.drawn_lesion import draw_lesion
from core.results.card import CARD, read_card, write_card
from tests.pages.conftest import ROOT, as_file

NAME, TITLE = "moles-of-a-clinic", "Moles of a clinic"
VISIT = """
import json, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from tests.pages.conftest import upload, words
app = AppTest.from_file("streamlit_app.py", default_timeout=240).run()
said = {}
upload(app, Path(sys.argv[1]).read_bytes())
said["check_a_photo"] = words(app)
for page in sorted(Path("pages").glob("*.py")):
    if page.stem == "__init__":
        continue
    app.switch_page(f"pages/{page.name}").run()
    if app.exception:
        sys.exit(f"{page.name}: {app.exception[0].message}")
    said.setdefault(page.stem, words(app))
    if page.stem == "about":
        said["cards"] = app.segmented_control(key="card").options
        said["card"] = app.subheader[0].value
Path(sys.argv[2]).write_text(json.dumps(said))
"""


@pytest.fixture(scope="module")
def elsewhere(tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds one model, of a name that no shipped one has."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(tiny_checkpoints / "baseline_cnn", folder / NAME)
    card = read_card(folder / NAME / CARD)
    training = dataclasses.replace(card.training, data="a_clinic", n_train=77)
    write_card(
        dataclasses.replace(card, name=NAME, title=TITLE, training=training), folder / NAME / CARD
    )
    return folder


def test_every_page_opens_and_shows_the_folders_model_and_no_shipped_one(
    elsewhere: Path, tmp_path: Path
) -> None:
    photo = as_file(draw_lesion(320, 240), quality=92)
    (tmp_path / "mole.jpg").write_bytes(photo)
    done = subprocess.run(
        [sys.executable, "-c", VISIT, str(tmp_path / "mole.jpg"), str(tmp_path / "said.json")],
        cwd=ROOT, env={**os.environ, checkpoints.ENVIRONMENT: str(elsewhere)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads((tmp_path / "said.json").read_text())
    assert said["cards"] == [NAME]
    assert TITLE in said["card"]
    assert "77 pictures of a_clinic" in said["check_a_photo"]
    chance = classifier.load(NAME, elsewhere).assess(open_image(photo)).probability
    assert f"at **{100 * chance:.0f}\N{NO-BREAK SPACE}%**" in said["check_a_photo"]
    for page, text in said.items():
        for shipped in ("Baseline CNN", "General DenseNet169", "`general`", "general_light"):
            # About names `general` where it says what its photos were used for
            if (page, shipped) != ("about", "`general`"):
                assert shipped not in text, page
