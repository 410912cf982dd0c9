from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import checkpoints, classifier
from core.images import open_image
from core.pictures.drawn_lesion import draw_lesion
from core.results.card import WEIGHTS
from core.statistics import estimates
from pages.components import work_queue
from pages.components.doctor_checklist import SIGNS
from tests.pages.conftest import ROOT, as_file, run_alone, upload, words


def test_before_a_photo_there_is_advice_but_no_verdict(page: AppTest) -> None:
    assert not page.exception
    assert not page.header
    assert "see a doctor about a spot if" in words(page)
    assert "not for a diagnosis" in words(page)


def test_the_first_page_needs_no_torch() -> None:
    # AppTest itself must not have it either, so this runs in a process of its own.
    script = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "at = AppTest.from_file('streamlit_app.py', default_timeout=60).run()\n"
        "assert not at.exception and at.title[0].value == 'Check a photo'\n"
        "at.switch_page('pages/about.py').run()\n"
        "assert not at.exception and at.title[0].value == 'About'\n"
        "heavy = {'torch', 'torchvision', 'pytorch_grad_cam', 'cv2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run_alone(script)


def test_a_check_and_its_numbers_need_no_pandas() -> None:
    # with what it imports it would take 80 MB of a server's memory before anybody asks for a table
    script = (
        "import sys; from pathlib import Path; from streamlit.testing.v1 import AppTest\n"
        "from tests.pages.conftest import upload\n"
        "at = AppTest.from_file('streamlit_app.py', default_timeout=240).run()\n"
        "example = Path('examples/images/ISIC_0034586.jpg').read_bytes()\n"
        "upload(at, example)\n"
        "assert not at.exception\n"
        "assert any('malignant of 1,000' in one.value for one in at.markdown)\n"
        "heavy = {'pandas', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run_alone(script)


def unbroken_chance(probability: float) -> str:
    """As the page says it: the number is never torn from its sign."""
    return estimates.chance(probability)


def test_an_upload_gets_the_probability_that_core_computes(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion)
    assert not page.exception
    probability = classifier.load("resnet18").probabilities([open_image(lesion)])[0]
    assert f"malignant (cancerous) at **{unbroken_chance(probability)}**" in words(page)
    answer = "malignant" if probability >= 0.5 else "benign"
    assert f"more {answer} than" in words(page)
    assert "This is not a diagnosis" in words(page)


def test_a_map_that_takes_seconds_can_be_stopped_and_the_answer_stays(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(page, lesion)
    before = page.header[0].value
    asked = []
    whole = work_queue.in_batches
    monkeypatch.setattr(work_queue, "in_batches", lambda *given: asked.append(given[0]))
    page.selectbox(key="photo-method").select("Score-CAM").run()
    assert asked == ["Score-CAM"]  # stopped: nothing came of it
    assert not page.exception
    assert page.header[0].value == before
    assert "This is not a diagnosis" in words(page)
    monkeypatch.setattr(work_queue, "in_batches", whole)
    page.run()
    assert not page.exception
    assert page.header[0].value == before
    assert not [button for button in page.button if button.label == "Stop"]  # it came to its end


def test_the_advice_is_the_same_whatever_the_answer(page: AppTest, lesion: bytes) -> None:
    before = [box.label for box in page.checkbox]
    upload(page, lesion)
    assert len(page.header) == 1
    assert [box.label for box in page.checkbox] == before == list(SIGNS)


def test_an_expert_can_choose_model_and_method(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion)
    page.selectbox(key="photo-model").select("baseline_cnn").run()
    page.selectbox(key="photo-method").select("Eigen-CAM").run()
    assert not page.exception
    probability = classifier.load("baseline_cnn").probabilities([open_image(lesion)])[0]
    assert f"at **{unbroken_chance(probability)}**" in words(page)
    assert "Eigen-CAM: the main direction" in words(page)


def _huge_png() -> bytes:
    """13,000 x 13,000 white pixels, 169 megapixels, in about 164 KB."""
    row = b"\0" + b"\xff" * 13000
    squeeze = zlib.compressobj(9)
    body = b"".join(squeeze.compress(row) for _ in range(13000)) + squeeze.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    head = (13000).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _bad_files() -> dict[str, tuple[bytes, str]]:
    sound = as_file(draw_lesion(320, 240))
    return {
        "empty": (b"", "is empty"),
        "text": (b"GIF? no, just words\n" * 20, "not a picture that can be read"),
        "truncated": (sound[: len(sound) // 2], "damaged or incomplete"),
        "bomb": (_huge_png(), "169 megapixels"),
        "dot": (as_file(Image.new("RGB", (1, 1))), "1 x 1 pixels"),
        "thread": (as_file(Image.new("RGB", (20000, 1))), "20000 x 1 pixels"),
        "heavy": (sound + bytes(10 * 1024**2), "the limit is 10 MB"),
    }


@pytest.mark.parametrize("kind", list(_bad_files()))
def test_a_bad_file_gets_its_sentence_and_the_session_goes_on(
    page: AppTest, lesion: bytes, kind: str
) -> None:
    data, sentence = _bad_files()[kind]
    upload(page, data, "photo.jpg")
    assert not page.exception
    assert [sentence in error.value for error in page.error] == [True]
    assert not page.header  # no verdict
    upload(page, lesion)
    assert not page.error
    assert len(page.header) == 1


@pytest.mark.parametrize("name", ["photo.jfif", "photo.JPE", "IMG_0001", "IMG.hif", "photo.tiff"])
def test_content_decides_and_no_name(page: AppTest, lesion: bytes, name: str) -> None:
    upload(page, lesion, name)
    assert not page.exception
    assert not page.error
    assert "To this model" in words(page)


@pytest.mark.parametrize("name", ["IMG_0001", "scan.tiff", "film.MOV"])
def test_what_is_no_photo_gets_our_own_sentence(page: AppTest, name: str) -> None:
    upload(page, b"II*\0 words", name)
    assert not page.exception
    assert "Please choose a JPEG, PNG, WebP or HEIC photo." in page.error[0].value


def test_a_file_name_with_markup_is_never_drawn_by_the_page(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion, "<script>alert(1)</script>.jpg")
    assert not page.exception
    assert "alert(1)" not in words(page)


def test_no_html_is_let_through_anywhere_in_the_pages() -> None:
    for file in (ROOT / "pages").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        assert "unsafe_allow_html" not in source, file
        assert "unsafe_allow_javascript" not in source, file


def test_a_rotated_photo_is_judged_upright(page: AppTest) -> None:
    upright = draw_lesion(320, 240)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 270 degrees to see it upright
    turned = as_file(upright.transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif)
    upload(page, turned)
    expected = classifier.load("resnet18").probabilities([open_image(as_file(upright, quality=95))])
    said = classifier.load("resnet18").probabilities([open_image(turned)])
    assert open_image(turned).size == (320, 240)
    assert abs(said[0] - expected[0]) < 0.02
    assert f"at **{unbroken_chance(said[0])}**" in words(page)


def test_without_any_model_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lesion: bytes
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    upload(page, lesion)
    assert not page.exception
    assert "python -m training.train" in page.error[0].value


def test_damaged_weights_are_told_by_name(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lesion: bytes
) -> None:
    import shutil

    broken = tmp_path / "checkpoints"
    shutil.copytree(models, broken)
    weights = broken / "resnet18" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    monkeypatch.setattr(checkpoints, "FOLDER", broken)
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    upload(page, lesion)
    assert not page.exception
    assert "'resnet18'" in page.error[0].value
    page.selectbox(key="photo-model").select("baseline_cnn").run()
    assert not page.error
    assert len(page.header) == 1


def test_what_goes_back_to_the_browser_holds_no_metadata(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    from streamlit.runtime.media_file_manager import MediaFileManager

    add = MediaFileManager.add

    def spy(self: MediaFileManager, data: object, *args: object, **kwargs: object) -> object:
        if isinstance(data, bytes):
            sent.append(data)
        return add(self, data, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(MediaFileManager, "add", spy)
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    upload(page, as_file(draw_lesion(320, 240), exif=exif, comment=b"SECRETCOMMENT"))
    assert not page.exception
    assert sent, "the spy saw no picture: this test has lost its subject"
    for data in sent:
        assert b"SECRET" not in data
        assert not Image.open(io.BytesIO(data)).getexif()


def test_grey_and_see_through_pictures_are_judged_too(page: AppTest) -> None:
    grey16 = Image.fromarray(np.asarray(draw_lesion(200, 200).convert("L"), np.uint16) * 257)
    for data in (as_file(grey16, "PNG"), as_file(draw_lesion(200, 200).convert("RGBA"), "PNG")):
        upload(page, data, "wrong-extension.jpg")
        assert not page.exception
        assert len(page.header) == 1
