"""What pages say of a login: the way in, who is signed in, the way out, and why nobody is any more."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import InvalidRequest
from core.login.settings import BY_PROXY, LoginSettings, login_settings
from core.runs.hosting.logins import newest_of_browser
from core.runs.quota import give_runs, open_and_ended
from dashboard.components import unavailable
from dashboard.components.markdown import escaped
from dashboard.components.runner import runner
from dashboard.components.runs import store_is_back
from dashboard.components.visitor import (
    EXPIRED,
    NOT_ALLOWED,
    SIGNED_OUT,
    UNREADABLE,
    Visitor,
    end_login,
    login_of,
    visitor,
)
from dashboard.live.addresses import base
from dashboard.login import oidc
from dashboard.login.routes import SAID, begin_address, leave_address

PATH, TITLE = "account", "Account"
_REFUSED, _CAME_FROM = "why a sign-in came to nothing", "the page before the account"
REFUSAL_SHOWN_S = 60.0
MAX_IN_MENU = 24  # characters of a name

# By the word that a refused sign-in leaves in the address.
REFUSALS = {
    oidc.DENIED: "The sign-in was cancelled, or the provider refused it. Nothing has changed here.",
    oidc.TOO_LATE: "This sign-in was begun too long ago, in another browser, or once more in another tab. "
    "Please begin it again.",
    oidc.FAILED: "The provider’s answer could not be verified: it was not meant for this sign-in, has "
    "expired, or came from somebody else. Nobody was signed in. Try again; if it comes again, ask {ask}.",
    oidc.UNREACHABLE: "The sign-in could not be completed, since the provider or this server’s store does "
    "not answer. Try again in a minute.",
    oidc.NOT_ALLOWED: "Your sign-in worked, but this server is not open to your account. Ask {ask} to let "
    "you in, or sign in with another account.",
}
ENDED = {
    EXPIRED: "Your sign-in has expired. Please sign in again; your runs are kept.",
    SIGNED_OUT: "You have been signed out, in another tab or by a later sign-in. Reload this page, or sign "
    "in again; your runs are kept.",
    NOT_ALLOWED: REFUSALS[oidc.NOT_ALLOWED],
    UNREADABLE: "This server cannot read now who has signed in, since its store does not answer. You have "
    "not been signed out: this page continues by itself when the store is back, and your runs are kept.",
}


def is_closed(known: LoginSettings, who: Visitor) -> bool:
    """Whether the visitor sees nothing but the way in."""
    return known.has_login and known.required and who.person is None and not who.is_operator


def entry(known: LoginSettings, who: Visitor) -> st.Page | None:
    """The menu's entry of the account, under the person's name; none where nobody can sign in."""
    if not known.has_login:
        return None
    title = who.person.name[:MAX_IN_MENU] if who.person else _title_of(who)
    icon = ":material/account_circle:" if who.person else ":material/login:"
    return st.Page(draw_account, title=escaped(title), icon=icon, url_path=PATH)


def _title_of(nobody: Visitor) -> str:
    return TITLE if nobody.ended == UNREADABLE else "Sign in"


def take_refusal() -> None:
    """Out of the address, to be shown for a while."""
    code = st.query_params.pop(SAID, None)
    if code in REFUSALS:
        st.session_state[_REFUSED] = (code, time.monotonic())


def say(known: LoginSettings, who: Visitor) -> None:
    """What has become of a sign-in, on whatever page is open."""
    code, at = st.session_state.get(_REFUSED, ("", 0.0))
    if code and time.monotonic() - at < REFUSAL_SHOWN_S and who.person is None:
        st.error(REFUSALS[code].format(ask=_ask(known)), icon=":material/no_accounts:")
    if who.ended:
        icon = ":material/sync_problem:" if who.ended == UNREADABLE else ":material/logout:"
        st.warning(ENDED[who.ended].format(ask=_ask(known)), icon=icon)
    if who.ended == UNREADABLE:
        unavailable.draw_anew_when(store_is_back)
    if who.ended == SIGNED_OUT or _signed_in_elsewhere(known, who):
        if not who.ended:
            st.info("You have signed in in another tab.", icon=":material/login:")
        st.button("Reload this page", icon=":material/refresh:", on_click=go, args=(_here(),))


def draw_sign_in(known: LoginSettings, page: str) -> None:
    """A button for each provider; page: to come back to."""
    for provider in known.providers:
        st.button(
            f"Sign in with {escaped(provider.title)}",
            key=f"sign_in_{provider.key}",
            icon=":material/login:",
            type="primary",
            width="stretch" if len(known.providers) > 1 else "content",
            on_click=go,
            args=(begin_address(provider.key, page),),
        )
    if not known.providers:
        st.markdown("The proxy in front of this server signs people in; it has named nobody.")


def draw_gate(known: LoginSettings, who: Visitor) -> None:
    """All that a stranger sees; who cannot be known now has nothing to do but wait."""
    st.title("Nablascope")
    if who.ended == UNREADABLE:
        return
    with st.container(border=True, width=460):
        st.markdown("This server is open to people who have signed in.")
        draw_sign_in(known, _page_here())


def note_page(path: str) -> None:
    """To come back to from the account."""
    if path != PATH:
        st.session_state[_CAME_FROM] = _page_here()


def draw_account() -> None:
    """The page of the menu's entry."""
    known, who = login_settings(), visitor()
    st.title(TITLE if who.person else _title_of(who))
    if who.ended == UNREADABLE:
        return
    if who.person is None:
        st.markdown(
            "Runs that you start are then yours in every browser in which you sign in, and not of this "
            "browser alone."
        )
        draw_sign_in(known, st.session_state.get(_CAME_FROM, ""))
        return
    _draw_person(known, who)
    _draw_earlier_runs(who)
    if who.login is None:
        st.caption("The proxy in front of this server has signed you in; sign out there.")
    else:
        st.button(
            "Sign out", icon=":material/logout:", on_click=sign_out, args=(who.login, who.person.provider)
        )


def sign_out(login_id: str, provider: str) -> None:
    """End the login in all tabs; the browser then loses its cookie, and signs out at the provider."""
    end_login(login_id)
    go(leave_address(provider))


def go(address: str) -> None:
    """Lead the browser to an address of this server, in the tab that is open."""
    context = get_script_run_ctx()
    if context is not None:
        message = ForwardMsg()
        message.auth_redirect.url = address
        context.enqueue(message)


def _draw_person(known: LoginSettings, who: Visitor) -> None:
    person = who.person
    assert person is not None
    role = "operator" if who.is_operator else "teacher" if who.is_teacher else "member"
    provider = known.provider(person.provider)
    by = provider.title if provider else "the proxy" if person.provider == BY_PROXY else person.provider
    lines = [f"**{escaped(person.name)}**"]
    if person.email and person.email != person.name:
        lines.append(escaped(person.email))
    lines.append(f"Signed in through {escaped(by)} · {role} · id `{escaped_code(person.id)}`")
    st.markdown("  \n".join(lines))
    login = login_of(who.login) if who.login else None
    if login:
        left_h = max(0.0, (login.until - time.time()) / 3600)
        st.caption(
            f"You stay signed in for {left_h:.0f} h more." if left_h >= 1 else "Less than an hour is left."
        )


def escaped_code(text: str) -> str:
    """Within backticks nothing but a backtick is special."""
    return text.replace("`", "'")


def _draw_earlier_runs(who: Visitor) -> None:
    """Runs of the time before the sign-in, which who sits here can claim once."""
    with runner().store.reading() as connection:
        count = open_and_ended(connection, who.browser)
    if not count:
        return
    runs = "A run was" if count == 1 else f"{count:,} runs were"
    st.info(
        f"{runs} started in this browser before anybody had signed in. If that was you, it can go with your "
        "account. On a computer that others use, it may have been another person."
    )
    st.button("Add to my runs", icon=":material/move_to_inbox:", on_click=_claim_earlier_runs, args=(who,))


def _claim_earlier_runs(who: Visitor) -> None:
    now = visitor()  # a tab that is still open after a sign-out takes nothing
    if now.person is None or now.owner.id != who.owner.id:
        return
    with runner().store.writing() as connection:
        give_runs(connection, now.browser, now.owner)


def _signed_in_elsewhere(known: LoginSettings, who: Visitor) -> bool:
    """Whether this tab was opened before another one of the browser signed in."""
    if who.person or who.ended or not known.providers:
        return False
    try:
        found = newest_of_browser(runner().store, who.browser)
    except InvalidRequest:
        return False
    opened = st.session_state.setdefault("tab opened", time.time())
    return found is not None and found.since > opened


def _ask(known: LoginSettings) -> str:
    return escaped(known.ask or "the operator of this server")


def _page_here() -> str:
    """The open page with its choices, as begin_address() takes it."""
    query = urlencode({key: st.query_params.get_all(key) for key in st.query_params}, doseq=True)
    path = str(st.session_state.get("open page", "home"))
    return ("" if path == "home" else path) + (f"?{query}" if query else "")


def _here() -> str:
    return f"{base()}/{_page_here()}"
