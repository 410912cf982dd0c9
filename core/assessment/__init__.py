"""Is this a picture that may be judged, and which of three answers does it get?"""
