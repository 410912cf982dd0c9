"""One script a page: it reads widgets, asks core, draws. No tensors, no file formats."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# A new server takes a folder of this name for Streamlit's old kind of app with several pages, and
# runs the file behind an address instead of the door, until the door has called st.navigation.
# Such a run is the first to import this: it is begun again, through the door.
if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
