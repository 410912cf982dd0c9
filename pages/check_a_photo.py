"""Check a photo: a picture in; a verdict, its limits and a saliency map out."""

import streamlit as st

from core import kept_picture, map_on_lesion, preprocessing
from pages.components import (
    advice,
    evidence,
    experts,
    footer,
    heat_map,
    models,
    queue,
    report_download,
    stop,
    uploader,
    verdict,
)

st.title("Check a photo", anchor=False)
st.markdown(
    "What a neural network makes of a picture of a skin lesion, and where it looked. "
    "For learning how far such a network can be trusted, **not for a diagnosis**."
)

photo = uploader.choose()
answer_place = st.container()
if photo is not None:
    experts_place = st.expander("For experts", icon=":material/tune:")
    with experts_place:
        choice = experts.choose()
    model = models.classifier(choice.model) if choice else None
    if choice and model:
        with answer_place:
            with queue.turn(), st.spinner("Looking at the picture."):
                explanation = model.explain(photo.image, choice.method)
                found = model.assess_explained(photo.image, explanation)
            stopped = stop.holds(found, photo)
        if not stopped:
            with answer_place:
                verdict.show(found, explanation.answer, photo.drawn, model.card)
                st.markdown("### Where it looked")
                kept = kept_picture.keep(photo.image, explanation.view, model.geometry)
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
                evidence.offer(choice.model, view, explanation.view, explanation.answer)

advice.show()
footer.show()
