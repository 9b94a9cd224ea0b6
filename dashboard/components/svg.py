"""A button that downloads the charts of a page as one SVG: the browser has drawn them already."""

from __future__ import annotations

import streamlit as st

_HTML = """
<button type="button" title="The charts of this page, as they are drawn now">
  <svg viewBox="0 -960 960 960" width="20" height="20" fill="currentColor" aria-hidden="true">
    <path
      d="M440-800h80v326l104-104 56 58-200 200-200-200 56-58 104 104zM160-360h80v120h480v-120h80v200H160"/>
  </svg>
  <span>Charts as SVG</span>
</button>
"""

# Like Streamlit's own download button, which it stands beside.
_CSS = """
button {
  display: inline-flex; align-items: center; gap: 0.5rem; min-height: 2.5rem; padding: 0.25rem 0.75rem;
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.5rem); cursor: pointer;
}
button:hover, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
"""

_JS = """
const MARGIN = 16;

function drawn() {
  const charts = document.querySelectorAll('[data-testid="stVegaLiteChart"] svg.marks');
  return [...charts].filter(chart => chart.getBoundingClientRect().width > 0);
}

function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
}

function together(charts, background) {
  const name = "http://www.w3.org/2000/svg";
  const all = document.createElementNS(name, "svg");
  all.setAttribute("xmlns", name);
  let y = MARGIN, width = 0;
  for (const chart of charts) {
    const copy = chart.cloneNode(true), box = chart.getBoundingClientRect();
    set(copy, { x: MARGIN, y, width: box.width, height: box.height });
    all.append(copy);
    y += box.height + MARGIN;
    width = Math.max(width, box.width + 2 * MARGIN);
  }
  set(all, { viewBox: `0 0 ${width} ${y}`, width, height: y });
  const paper = document.createElementNS(name, "rect");
  set(paper, { width, height: y, fill: background });
  all.prepend(paper);
  return new XMLSerializer().serializeToString(all);
}

export default function ({ parentElement, data }) {
  const button = parentElement.querySelector("button");
  button.onclick = () => {
    const charts = drawn();
    if (!charts.length) return;
    const background = getComputedStyle(button).backgroundColor;
    const file = new Blob([together(charts, background)], { type: "image/svg+xml" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = data.file_name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
}
"""

_button = st.components.v2.component("charts_as_svg", html=_HTML, css=_CSS, js=_JS)


def svg_button(file_name: str) -> None:
    """A button that downloads every chart on the page that Vega drew, one below the other, as one file."""
    key = f"svg {file_name}".replace("_", "-")  # Streamlit refuses "__" in a component's key
    _button(key=key, data={"file_name": file_name}, width="content")
