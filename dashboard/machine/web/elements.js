// Elements of the page, made and changed only where something is new.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (value !== false && value !== null && value !== undefined && value !== "") made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child || child === 0));
  return made;
}

/** Put new children in place where `key` says that something else is to be shown. */
export function renew(parent, key, make) {
  const text = JSON.stringify(key);
  if (parent.dataset.shown === text) return;
  parent.dataset.shown = text;
  parent.replaceChildren(...[make()].flat().filter(Boolean));
}
