// What Streamlit calls: a player for the element, made once and given what changed.

import { element } from "./elements.js";

const newest = new WeakMap(); // each element's data: a later call may be through before an earlier one
const styles = new WeakMap(); // when each element's style has been there

function styled(parent, address) {
  if (parent.querySelector("link.film-style")) return styles.get(parent);
  const link = element("link", { rel: "stylesheet", class: "film-style", href: address });
  const loaded = new Promise((resolve) => {
    link.addEventListener("load", resolve, { once: true });
    link.addEventListener("error", resolve, { once: true }); // a plain player is better than none
  });
  styles.set(parent, loaded);
  parent.prepend(link);
  return loaded;
}

/** The function that Streamlit calls; make(root, data, report): a player. */
export function mounting(make) {
  const players = new WeakMap(); // it calls again for each change of the data or the theme, on the same element
  return async function mount({ parentElement, data, setTriggerValue }) {
    const root = parentElement.querySelector(".film");
    newest.set(root, data);
    await styled(parentElement, new URL(data.style, window.location.origin).href);
    const player = players.get(root);
    if (player) player.update(newest.get(root));
    else players.set(root, make(root, newest.get(root), setTriggerValue));
    return () => {
      players.get(root)?.close();
      players.delete(root);
    };
  };
}
