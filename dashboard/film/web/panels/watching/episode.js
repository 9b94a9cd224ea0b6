// Episodes of a grid world, played by its rules: those of the environment, as the run has recorded them.

/** Random numbers in [0, 1): mulberry32, which has one number of 32 bits as its state. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of `count` outcomes with these probabilities: the first whose sum is above the draw, as Gymnasium has it. */
function sampled(probabilities, from, count, draw) {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += probabilities[from + i];
    if (sum > draw) return i;
  }
  return 0;
}

/** An episode that takes the best action of each state; as in Gymnasium, a draw for the start and for each move. */
export function played({ values, arrays }, policy, seed) {
  const { start, probability, next_state: after, reward, ends } = arrays;
  const [, actions, outcomes] = probability.shape;
  const random = generator(seed);
  const states = [sampled(start.values, 0, start.values.length, random())];
  const moves = [];
  let [total, ended] = [0, false];
  while (!ended && moves.length < values.max_steps) {
    const state = states[moves.length];
    const action = policy[state];
    const from = (state * actions + action) * outcomes;
    const at = from + sampled(probability.values, from, outcomes, random());
    total += reward.values[at];
    moves.push({ action, reward: reward.values[at], total });
    states.push(after.values[at]);
    ended = ends.values[at] > 0;
  }
  return { states, moves, total, ended };
}

/** Whether episodes of a world differ: it starts in several states, or an action has several outcomes. */
export function varies({ arrays: { start, probability } }) {
  const between = (p) => p > 0 && p < 1;
  return start.values.some(between) || probability.values.some(between);
}
