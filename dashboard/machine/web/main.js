// What Streamlit calls: a monitor for the element, made once and given what changed.

import { element } from "./elements.js";
import { Monitor } from "./monitor.js";

const styles = new WeakMap();

function styled(parent, address) {
  if (styles.has(parent)) return styles.get(parent);
  const link = element("link", { rel: "stylesheet", href: address });
  const loaded = new Promise((resolve) => {
    link.addEventListener("load", resolve, { once: true });
    link.addEventListener("error", resolve, { once: true });
  });
  styles.set(parent, loaded);
  parent.prepend(link);
  return loaded;
}

export default async function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".monitor");
  root.described = data; // a later call may be through before an earlier one
  await styled(parentElement, new URL(data.style, window.location.origin).href);
  if (root.monitor) root.monitor.update(root.described);
  else new Monitor(root, root.described);
  return () => {
    root.monitor?.close();
    root.monitor = null;
  };
}
