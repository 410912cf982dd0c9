"""How long each page takes to draw for its first visitor, and two networks' pictures.

    python -m tests.bench.first_draw

At most 1.5 s a page, and 5 s for the two networks' pictures. Each is measured in a process of its
own, on whose server only the front page has been opened: what a page imports is counted too. Beside
the seconds that pass stand those of the processor, which others on the machine do not lengthen.
"""

from __future__ import annotations

import multiprocessing
import time

from tests.support.server import ROOT

# A page and what its address asks for.
VIEWS = (
    ("many_photos", {}), ("compare_models", {}), ("compare_models", {"compare": "Table"}),
    ("compare_models", {"compare": "Size"}), ("compare_models", {"compare": "Learning"}),
    ("compare_models", {"compare": "One model"}), ("compare_models", {"compare": "Two models"}),
    ("compare_models", {"compare": "Left open"}),
    ("compare_models", {"compare": "The report's claims"}),
    ("in_class", {}), ("skin_tone", {}), ("skin_tone", {"tones": "Over people"}),
    ("skin_tone", {"tones": "One picture, ten tones"}),
    ("skin_tone", {"tones": "Your own collection"}), ("stress_test", {}),
    ("stress_test", {"attack": "fgsm"}), ("stress_test", {"attack": "pgd"}),
    ("stress_test", {"attack": "gaussian"}),
    ("stress_test", {"attack": "fgsm", "model": "resnet18"}), ("about", {}),
)  # fmt: skip
CHANGE = "What would have to change?"


def draw(page: str, asked: dict[str, str]) -> tuple[float, float]:
    """Seconds that pass and seconds of the processor until a page is drawn for the first time."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()
    for key, value in asked.items():
        app.query_params[key] = value
    passed, own = time.perf_counter(), time.process_time()
    app.switch_page(f"pages/{page}.py").run()
    taken = time.perf_counter() - passed, time.process_time() - own
    if app.exception:
        raise SystemExit(f"{page}: {app.exception[0].message}")
    return taken


def change() -> tuple[float, float]:
    """The same for both networks' pictures of the lesson's first picture, models at hand."""
    from core import classifier, images
    from core.pictures.lesson_examples import read_lesson_examples
    from core.probes import toward_class
    from pages.stress.toward_class import PAIR

    picture = images.open_image(read_lesson_examples("change")[0].example.data)
    models = [classifier.load_for_serving(name) for name in PAIR]
    passed, own = time.perf_counter(), time.process_time()
    for model in models:
        for _ in toward_class.walk(model, model.network_input(picture)):
            pass
    return time.perf_counter() - passed, time.process_time() - own


def main() -> int:
    print(f"{'':42}{'seconds':>8}{'of the processor':>18}")
    for page, asked in VIEWS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            passed, own = pool.apply(draw, (page, asked))
        print(f"{page} {' '.join(asked.values()):{41 - len(page)}}{passed:8.2f}{own:18.2f}")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        passed, own = pool.apply(change)
    print(f"{CHANGE:42}{passed:8.2f}{own:18.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
