"""Check a photo: a picture in; an answer, its limits and a saliency map out."""

import streamlit as st

from core.assessment import in_words
from pages.components import (
    doctor_checklist,
    example_row,
    footer,
    layout,
    loaded_models,
    not_judged,
    saliency_map,
    uploader,
    visit,
    visit_strip,
)
from pages.photo import (
    look,
    look_alikes,
    map_evidence,
    model_choice,
    out_of_thousand,
    part,
    report_download,
    verdict,
)

if visit.photo() is not None:
    st.set_page_config(layout="wide")  # photo, map and answer side by side
st.title("Check a photo", anchor=False)
visit_strip.show(picture=False, here=True)
if visit.photo() is None:
    st.markdown(
        "What a neural network makes of a picture of a skin lesion, and where it looked. "
        "For learning how far such a network can be trusted, **not for a diagnosis**."
    )

sent = uploader.ask()
if sent is not None:
    answer_place = st.container()
    experts_place = st.expander("For experts", icon=":material/tune:")
    with experts_place:
        choice = model_choice.choose()
    with answer_place:
        model = loaded_models.classifier(choice.model) if choice else None
    if choice and model:
        with answer_place:
            layout.show_from_top(sent.id)
            looked = look.at(model, sent, choice.method)
            said = in_words.say(
                looked.assessment, looked.leaning, model.card, not_judged.anyway(sent)
            )
            mapped = not said.stopped and saliency_map.is_wanted()
            picture_place, *map_place, words_place = st.columns(
                [3, 3, 4] if mapped else [3, 7], gap="medium"
            )
            with picture_place:
                verdict.picture(looked)
                if not said.stopped:
                    saliency_map.ask()
            with words_place, st.container(key="photo-answer"):
                if said.stopped:
                    not_judged.show(said, sent)
                else:
                    verdict.show(said)
                layout.focus_answer(f"{sent.id} {said.stopped}")
                example = example_row.named(sent.source)
                if example:
                    example_row.offer_truth(example)
            if mapped:
                with map_place[0], st.container(key=saliency_map.place()):
                    saliency_map.show(
                        looked.kept, looked.leaning, looked.on_lesion, looked.assessment.answer
                    )
            part.offer(looked, sent)
            with st.container(horizontal=True, vertical_alignment="center", key="photo-next"):
                report_download.offer(said, looked.kept, model.card, looked.alike)
                if not said.stopped:
                    st.page_link(
                        "pages/stress_test.py",
                        label="Does it hold under stress?",
                        icon=":material/bolt:",
                    )
                    st.page_link(
                        "pages/skin_tone.py", label="On ten skin tones",
                        icon=":material/diversity_3:",
                        query_params={"tones": "One picture, ten tones"},
                    )  # fmt: skip
            if look_alikes.are_shown(said):
                look_alikes.show(looked.alike)
            limits_place = st.container()
            if said.frequencies:
                thousand_place, limits_place = limits_place.columns(2, gap="large")
                with thousand_place:
                    out_of_thousand.show(said)
            with limits_place:
                verdict.show_limits(said)
        if not said.stopped:
            with experts_place:
                map_evidence.offer(choice.model, looked.seen, looked.kept.view, looked.leaning)

doctor_checklist.show()
footer.show()
