// What shows a run.

import { DrawingStage } from "./drawing/stage.js";
import { Film } from "./frames.js";
import { NetworkStage } from "./network/stage.js";
import { PanelFilm } from "./panels/film.js";
import { PanelStage } from "./panels/stage.js";

/** The film of a run, and what shows it: its network where that is small, a field to draw an image for it
 *  in where it learns images, and a panel for each snapshot. */
export function stagesOf(player, { base, run, network, drawing }) {
  const pictures = new PanelFilm(base, run);
  const drawn = drawing ? [new DrawingStage(player)] : [];
  if (!network) return { film: pictures, stages: [...drawn, new PanelStage(player, pictures)] };
  return { film: new Film(base, run), stages: [new NetworkStage(player), new PanelStage(player, pictures)] };
}

/** The same for one of several films: its network, or its panels. */
export const filmOf = ({ base, run, network }) => (network ? new Film(base, run) : new PanelFilm(base, run));
export const stageOf = (seat) => (seat.description.network ? new NetworkStage(seat) : new PanelStage(seat, seat.film));
