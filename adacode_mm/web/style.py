"""How the page looks: fonts of the machine, nothing from elsewhere."""

import gradio as gr

# Gradio's own themes name fonts of Google, which a browser would fetch.
SANS = ('system-ui', 'Segoe UI', 'Roboto', 'Helvetica', 'Arial', 'sans-serif')
MONO = ('ui-monospace', 'Consolas', 'monospace')

CSS = """
.gradio-container { max-width: 1280px !important; margin: 0 auto; }
#headline h1 { margin: 0; font-size: 1.5rem; }
#headline p { margin: .15rem 0 0; opacity: .75; }
#slider { min-height: 240px; }
/* Every error is said in a sentence; this one is Gradio's, now and then, when
   it loses sight of what was stopped. */
#slider .wrap:has(> .error) { display: none !important; }
#facts, #summary { min-height: 1.5rem; }
#weights .grid-wrap, #maps .grid-wrap { max-height: none; }
#usage table { width: auto; font-size: .9rem; white-space: nowrap; }
#usage th, #usage td {
  border: 0 !important;
  border-bottom: 1px solid var(--border-color-primary) !important;
  padding: .25rem 1rem .25rem 0;
}
#usage tr { border: 0 !important; background: none !important; }
.caption-label { max-width: 100% !important; }
@media (max-width: 600px) {
  #weights .grid-container, #maps .grid-container {
    --grid-cols: 2 !important;
  }
}
#usage table, #mask-editor, #mask-file { border: 0 !important; }
"""


def page_theme() -> gr.themes.Base:
    """Gradio's plain theme with fonts that the machine has."""
    return gr.themes.Default(
        primary_hue='teal', neutral_hue='slate', font=SANS, font_mono=MONO
    )
