// The player of one run's film.

import { mounting } from "./mount.js";
import { Player } from "./player.js";
import { stagesOf } from "./stages.js";

export default mounting((root, data, report) => new Player(root, data, report, stagesOf));
