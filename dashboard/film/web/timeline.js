// The loss curves behind the time line.

import { fit } from "./canvas.js";
import { css } from "./palette.js";

/** Where a step stands on the time line: from the first step to the last, or to the planned one of a live run. */
function timeScale(film, description) {
  const first = film.frames[0]?.step ?? 0;
  const newest = film.frames[film.frames.length - 1]?.step ?? 1;
  const last = film.ended ? newest : Math.max(newest, description.planned_steps || 0);
  const span = Math.max(1e-9, last - first);
  return {
    fraction: (step) => (step - first) / span,
    step: (fraction) => first + fraction * span,
  };
}

/** Where a loss stands: logarithmic where the losses spread over more than a factor of 20. */
function lossScale(all) {
  const losses = all.filter(Number.isFinite);
  if (!losses.length) return () => null;
  const [low, high] = [losses.reduce((a, b) => Math.min(a, b)), losses.reduce((a, b) => Math.max(a, b))];
  const log = low > 0 && high / low > 20;
  const along = log ? Math.log : (value) => value;
  const [from, to] = [along(log ? low : Math.min(0, low)), along(high)];
  return (value) => (Number.isFinite(value) ? (along(value) - from) / (to - from || 1) : null);
}

const CURVE_INSET_PX = 8; // of the curves within the time line

/** The curves of a film's scores, and where a step and its losses stand among them. */
export function drawCurves(canvas, width, height, film, description, palette) {
  const pen = fit(canvas, width, height);
  pen.clearRect(0, 0, width, height);
  const { scores } = film;
  const [time, loss] = [timeScale(film, description), lossScale(scores.flatMap(({ values }) => values.slice(0, 2)))];
  const inside = width - 2 * CURVE_INSET_PX;
  const along = (step) => CURVE_INSET_PX + time.fraction(step) * inside;
  const up = (value) => height - CURVE_INSET_PX - value * (height - 2 * CURVE_INSET_PX);
  const curves = [0, 1].map((which) =>
    scores.map(({ step, values }) => [step, loss(values[which])]).filter(([, value]) => value !== null),
  );
  for (const [which, colour] of [
    [1, palette.negative],
    [0, palette.positive],
  ]) {
    const places = curves[which].map(([step, value]) => [along(step), up(value)]);
    if (!places.length) continue;
    pen.beginPath();
    places.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.strokeStyle = css(colour);
    pen.stroke();
    if (which === 0) {
      pen.lineTo(places[places.length - 1][0], height);
      pen.lineTo(places[0][0], height);
      pen.closePath();
      pen.fillStyle = css(colour, 0.1);
      pen.fill();
    }
  }
  const heightAt = (step, which) => {
    const value = between(curves[which], step);
    return value === null ? null : up(value);
  };
  return { along, heightAt, stepAt: (x) => time.step((x - CURVE_INSET_PX) / inside) };
}

/** The losses of several runs over what they have in common, from 0 to `last`; those of one kind on one scale.
 *
 *  runs: [{ color, kind, points: [[moment, loss], ...] }]. */
export function drawTogether(canvas, width, height, last, runs, palette) {
  const pen = fit(canvas, width, height);
  pen.clearRect(0, 0, width, height);
  const inside = width - 2 * CURVE_INSET_PX;
  const along = (moment) => CURVE_INSET_PX + (moment / last) * inside;
  const kinds = new Map();
  for (const { kind, points } of runs) kinds.set(kind, [...(kinds.get(kind) ?? []), ...points.map(([, loss]) => loss)]);
  const scales = new Map([...kinds].map(([kind, losses]) => [kind, lossScale(losses)]));
  for (const { color, kind, points } of runs) {
    pen.beginPath();
    points.forEach(([moment, loss], i) => {
      const y = height - CURVE_INSET_PX - scales.get(kind)(loss) * (height - 2 * CURVE_INSET_PX);
      if (i) pen.lineTo(along(moment), y);
      else pen.moveTo(along(moment), y);
    });
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.strokeStyle = css(palette.color(color));
    pen.stroke();
  }
  return { along, heightAt: () => null, stepAt: (x) => ((x - CURVE_INSET_PX) / inside) * last };
}

/** A curve's value at a step, on the line between its points; null where there is none. */
function between(curve, step) {
  const after = curve.findIndex(([at]) => at >= step);
  if (after < 0) return null;
  const [to, high] = curve[after];
  if (to === step) return high;
  if (!after) return null;
  const [from, low] = curve[after - 1];
  return low + ((step - from) / (to - from)) * (high - low);
}
