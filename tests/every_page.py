"""Opens every page, and checks a drawn photo, with what the app's own requirements install.

    make pages           (python -m tests.every_page)

In a new checkout nothing else is installed yet: a package that only the tests ask for is missed
here. Writes nothing; the exit status is 1 if a page shows an error.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: see tests/conftest.py

from streamlit.testing.v1 import AppTest

from core.pictures.drawn_lesion import draw_lesion
from tests.support.past_the_stop import press

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()
    wrong = 0
    for page in sorted(ROOT.glob("pages/*.py")):
        if page.name == "__init__.py":
            continue
        app.switch_page(f"pages/{page.name}").run()
        if page.name == "check_a_photo.py":
            photo = io.BytesIO()
            draw_lesion().save(photo, "JPEG")
            app.file_uploader(key="photo-file-0").set_value(
                ("mole.jpg", photo.getvalue(), "image/jpeg")
            ).run()
            press(app)
            if not app.exception and not app.header:
                print("no answer to the photo")
                wrong += 1
        error = app.exception[0].message if app.exception else ""
        print(f"{page.name}: {error or app.title[0].value}")
        wrong += bool(error)
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
