"""One thin file a page: read the controls, call core, draw."""
