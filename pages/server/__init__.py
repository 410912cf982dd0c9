"""What the server itself is held to: uploads, messages, and visits that have ended.

``streamlit_app.py`` puts these round the app when a server starts. Streamlit has no limit of its
own on any of them.
"""
