"""The pages and their menu; app.py serves them."""

from pathlib import Path

import streamlit as st

from core import devices
from core.errors import StoreUnavailable
from core.login.settings import login_settings
from dashboard import addresses
from dashboard.components import unavailable
from dashboard.components.address import enter, warn_of_unknown
from dashboard.components.reconnection import CSS, draw_anew_when_reconnected
from dashboard.components.runs import runner, store_is_back
from dashboard.components.visitor import visitor
from dashboard.live.turns import turns
from dashboard.login import account
from dashboard.operating import page as operator
from dashboard.operating.notices import draw_notices
from dashboard.pages import PAGES

# Streamlit leaves a tenth of a phone's screen empty above the title. Its small texts and, in the dark, its
# white on this theme's blue have less contrast than WCAG 2.2 asks for (4.5 to 1); links on top show no focus.
STYLE = f"""<style>
{CSS}
.stMainBlockContainer {{ padding-top: 4.5rem; }}
[class*="st-key-live-of-"] {{ display: none; }}
[data-testid="stCaptionContainer"] {{ opacity: 1; }}
[data-testid="stCaptionContainer"] :is(p, li) {{ color: color-mix(in srgb, currentColor 72%, transparent); }}
[data-testid="stBaseButton-primary"]:not(:disabled), [data-tag-index] {{ color: light-dark(#fff, #12161c); }}
[data-testid="stTopNavLink"]:focus-visible {{ outline: 2px solid currentColor; }}
</style>"""

st.set_page_config(page_icon=Path(__file__).parent / "pictures" / "icon.svg", layout="wide")
st.html(STYLE)
draw_anew_when_reconnected()

devices.ask_torch_soon()  # so that no picker of devices has to wait for the answer
said = ""
try:
    runner()  # the first visitor of a server starts its worker, which is warm by the time of the first click
except StoreUnavailable as error:
    said = str(error)
    unavailable.say(error, "Until then nothing can be trained or measured here; functions can be looked at.")
    unavailable.draw_anew_when(store_is_back)

files = {
    key: st.Page(page.file, title=page.title, icon=page.icon, default=key == "home")
    for key, page in PAGES.items()
}
menu: dict[str, list[st.Page]] = {}
for key, page in PAGES.items():
    menu.setdefault(page.group, []).append(files[key])
menu[""] += [
    st.Page(lambda: None, title=PAGES[key].title, url_path=old, visibility="hidden")
    for old, key in addresses.MOVED.items()
]
known, who = login_settings(), visitor()
menu[""].append(operator.entry(who))
if entry := account.entry(known, who):
    menu[""].append(entry)
closed = account.is_closed(known, who)
here = st.navigation(menu, position="hidden" if closed else "top")
account.take_refusal()
query = {name: st.query_params.get_all(name) for name in st.query_params}
path = here.url_path or "home"
now = addresses.upgraded(path, query)
if now != (path, query):
    st.switch_page(files[now[0]], query_params=now[1])
if path != "home":
    title = account.TITLE if path == account.PATH else here.title
    st.set_page_config(page_title=f"{title} · Nablascope")
enter(path)
account.note_page(path)
account.say(known, who)
if closed:
    account.draw_gate(known, who)
    st.stop()
draw_notices(who)
notices = st.container()
try:
    with turns.turn(path):
        here.run()
except StoreUnavailable as error:  # what needs a run ends where it needs it
    if not said:
        unavailable.say(error)
        unavailable.draw_anew_when(store_is_back)
finally:
    with notices:
        warn_of_unknown()
