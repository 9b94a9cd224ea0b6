// What Streamlit calls: a player for the element, made once and given what changed.

import { DrawingStage } from "./drawing/stage.js";
import { element } from "./elements.js";
import { Film } from "./frames.js";
import { NetworkStage } from "./network/stage.js";
import { PanelFilm } from "./panels/film.js";
import { PanelStage } from "./panels/stage.js";
import { Player } from "./player.js";

const players = new WeakMap(); // it calls again for each change of the data or the theme, on the same element
const newest = new WeakMap(); // each element's data: a later call may be through before an earlier one
const styles = new WeakMap(); // when each element's style has been there

/** The film of a run, and what shows it: its network where that is small, a field to draw an image for it
 *  in where it learns images, and a panel for each snapshot. */
function stagesOf(player, { base, run, network, drawing }) {
  const pictures = new PanelFilm(base, run);
  const drawn = drawing ? [new DrawingStage(player)] : [];
  if (!network) return { film: pictures, stages: [...drawn, new PanelStage(player, pictures)] };
  return { film: new Film(base, run), stages: [new NetworkStage(player), new PanelStage(player, pictures)] };
}

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

export default async function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".film");
  newest.set(root, data);
  await styled(parentElement, new URL(data.style, window.location.origin).href);
  const player = players.get(root);
  if (player) player.update(newest.get(root));
  else players.set(root, new Player(root, newest.get(root), setTriggerValue, stagesOf));
  return () => {
    players.get(root)?.close();
    players.delete(root);
  };
}
