"""The web page: drop an image, see it restored.

`page`, its `components` and `handlers` need Gradio; what they show is made by
functions that need no browser.
"""
