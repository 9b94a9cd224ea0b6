"""A page of HTML that needs nothing else, and that prints."""

from __future__ import annotations

from html import escape

_STYLE = """
body {
  font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
}
h1, h2, h3 { line-height: 1.25; }
h3 { margin-top: 2.2rem; }
blockquote { margin: 0.6rem 0; padding-left: 0.9rem; border-left: 3px solid #d9dee4; }
table { border-collapse: collapse; width: 100%; font-size: 0.86rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; }
tr { border-bottom: 1px solid #d9dee4; }
svg { max-width: 100%; height: auto; }
.verdict { font-weight: 650; }
.small { color: #52606d; font-size: 0.86rem; }
.line { border-bottom: 1px solid #9aa5b1; height: 1.9rem; }
.box { margin-right: 1.6rem; }
@media (max-width: 40rem) {
  table { display: block; overflow-x: auto; }
}
@page { margin: 15mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 10.5pt; }
  h1, h2, h3, blockquote, .verdict { break-after: avoid; }
  svg, tr, .whole { break-inside: avoid; }
  a { color: inherit; }
}
"""


def page(title: str, body: str) -> str:
    """The page; body is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )
