// What a person touches.

import { TEXTS } from "./texts.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const ICONS = {
  start: "M6 5v14M19 5.5v13L9 12z",
  back: "M17.5 5.5v13L8 12z",
  play: "M7 4.5v15L19.5 12z",
  pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z",
  next: "M6.5 5.5v13L16 12z",
  end: "M18 5v14M5 5.5v13L15 12z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, title) {
  return element("button", { type: "button", class: `icon ${name}`, title, "aria-label": title }, icon(name));
}

export function renameButton(button, name, title) {
  if (button.title === title) return;
  button.title = title;
  button.setAttribute("aria-label", title);
  button.replaceChildren(icon(name));
}

/** Everything that a person touches, by name; the player fills it with life. */
export function build(root) {
  const parts = {
    start: iconButton("start", TEXTS.start),
    back: iconButton("back", TEXTS.back),
    play: iconButton("play", TEXTS.play),
    next: iconButton("next", TEXTS.next),
    end: iconButton("end", TEXTS.end),
    curves: element("canvas", { class: "curves", "aria-hidden": "true" }),
    veil: element("div", { class: "veil" }),
    head: element("div", { class: "head" }),
    dots: [0, 1].map((which) => element("div", { class: `dot ${which ? "test" : "train"}` })),
    range: element("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": TEXTS.frame }),
    speed: element("select", { "aria-label": TEXTS.speed, title: TEXTS.speed }),
    live: element("button", { type: "button", class: "live", title: TEXTS.follow, "aria-pressed": "false", hidden: true }),
    status: element("span", { class: "text" }),
    spoken: element("div", { class: "spoken", role: "status" }),
    stages: element("div", { class: "stages" }),
    notice: element("div", { class: "notice", role: "status", hidden: true }),
  };
  for (const speed of SPEEDS) {
    parts.speed.append(element("option", { value: speed, text: `${speed}×`, selected: speed === 1 }));
  }
  parts.live.append(element("span", { class: "pulse", "aria-hidden": "true" }), TEXTS.live);
  parts.scrub = element("div", { class: "scrub" }, parts.curves, parts.veil, parts.head, ...parts.dots, parts.range);
  const { start, back, play, next, end, speed } = parts;
  const buttons = element("div", { class: "buttons" }, start, back, play, next, end);
  const bar = element("div", { class: "bar" }, buttons, parts.scrub, speed);
  const status = element("div", { class: "status" }, parts.status, parts.spoken, parts.live);
  parts.body = element(
    "section",
    { class: "body", "aria-label": TEXTS.player },
    ...[bar, status, parts.notice, parts.stages],
  );
  root.replaceChildren(parts.body);
  return parts;
}
