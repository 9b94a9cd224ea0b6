// What Streamlit calls: a player for the element, made once and told what changed.

import { element } from "./elements.js";
import { Film } from "./frames.js";
import { NetworkStage } from "./network/stage.js";
import { Player } from "./player.js";

const players = new WeakMap(); // it calls again for each change of the data or the theme, on the same element

function stagesOf(player, description) {
  return { film: new Film(description.base, description.run), stages: [new NetworkStage(player)] };
}

async function styled(parent, address) {
  if (parent.querySelector("link.film-style")) return;
  const link = element("link", { rel: "stylesheet", class: "film-style", href: address });
  const loaded = new Promise((resolve) => link.addEventListener("load", resolve, { once: true }));
  parent.prepend(link);
  await loaded;
}

export default async function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".film");
  await styled(parentElement, new URL(data.style, window.location.origin).href);
  const player = players.get(root);
  if (player) player.update(data);
  else players.set(root, new Player(root, data, (step) => setTriggerValue("step", step), stagesOf));
  return () => {
    players.get(root)?.close();
    players.delete(root);
  };
}
