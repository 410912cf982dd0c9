"""Many photos: several pictures or a zip of them in; a table with a row for each out."""

import streamlit as st

from pages.components import (
    batch,
    batch_table,
    doctor_checklist,
    footer,
    loaded_models,
    photo_files,
    visit_strip,
)

st.title("Many photos", anchor=False)
visit_strip.show(picture=True, here=False)
st.markdown(
    "The same network, over a whole folder: a table to sort and to take home. "
    "For learning how far such a network can be trusted, **not for a diagnosis**."
)

files = photo_files.choose()
if files is not None:
    table_place = st.container()
    with st.expander("For experts", icon=":material/tune:"):
        names = loaded_models.names()
        name = (
            st.selectbox("Model", names, format_func=loaded_models.title, key="many-model")
            if names
            else None
        )
    model = loaded_models.classifier(name) if name else None
    if name and model:
        with table_place:
            judged = batch.run(files, model, hold=batch.MOST_HELD)
            if judged.whole:
                batch_table.show(judged)
else:
    earlier = batch.kept()
    if earlier is not None:
        batch_table.show(earlier)
        st.button(
            "Forget these", icon=":material/delete:", key="forget-rows", on_click=batch.forget
        )

doctor_checklist.show()
footer.show()
