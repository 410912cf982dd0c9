"""The door: which pages there are. Run with ``streamlit run streamlit_app.py``."""

import streamlit as st

from core.runtime import memory

st.set_page_config(page_title="Lesion check", page_icon=":material/dermatology:")
st.navigation(
    [
        st.Page("pages/check_a_photo.py", title="Check a photo", icon=":material/photo_camera:"),
        st.Page("pages/many_photos.py", title="Many photos", icon=":material/photo_library:"),
        st.Page("pages/compare_models.py", title="Compare models", icon=":material/leaderboard:"),
        st.Page("pages/in_class.py", title="In class", icon=":material/school:"),
        st.Page("pages/skin_tone.py", title="Skin tone", icon=":material/diversity_3:"),
        st.Page("pages/stress_test.py", title="Stress test", icon=":material/bolt:"),
        st.Page("pages/about.py", title="About", icon=":material/info:"),
    ],
    position="top",
).run()
memory.give_back()  # what drawing the page has freed, before the next visitor's is drawn
