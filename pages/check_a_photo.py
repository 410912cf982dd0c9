"""Check a photo: a picture in; a verdict, its limits and a saliency map out."""

import streamlit as st

from core import preprocessing
from core.probes import map_on_lesion
from core.saliency import display_copy
from pages.components import (
    doctor_checklist,
    example_row,
    footer,
    heat_map,
    loaded_models,
    uploader,
    visit_strip,
    work_queue,
)
from pages.photo import map_evidence, model_choice, not_judged, report_download, verdict

st.title("Check a photo", anchor=False)
visit_strip.show(picture=False, here=True)
st.markdown(
    "What a neural network makes of a picture of a skin lesion, and where it looked. "
    "For learning how far such a network can be trusted, **not for a diagnosis**."
)

photo = uploader.choose()
answer_place = st.container()
if photo is not None:
    experts_place = st.expander("For experts", icon=":material/tune:")
    with experts_place:
        choice = model_choice.choose()
    model = loaded_models.classifier(choice.model) if choice else None
    if choice and model:
        with answer_place:
            with work_queue.turn() as between, st.spinner("Looking at the picture."):
                explanation = model.explain(photo.image, choice.method, between)
                found = model.assess_explained(photo.image, explanation)
            stopped = not_judged.holds(found, photo)
        if not stopped:
            with answer_place:
                verdict.show(found, explanation.answer, photo.drawn, model.card)
                if photo.example:
                    example_row.offer_truth(photo.example)
                st.markdown("### Where it looked")
                kept = display_copy.keep(photo.image, explanation.saliency_map, model.geometry)
                on_lesion = map_on_lesion.on_lesion(explanation, found.quality.lesion)
                heat_map.show(kept, explanation.answer, on_lesion)
                verdict.show_limits(model.card)
                report_download.offer(
                    report_download.Said(
                        kept, explanation.answer, explanation.probability, model.card,
                        () if photo.drawn else found.warnings,
                    )
                )  # fmt: skip
            with experts_place:
                view = preprocessing.resize(photo.image, model.geometry, model.card.side)
                map_evidence.offer(choice.model, view, explanation.saliency_map, explanation.answer)

doctor_checklist.show()
footer.show()
