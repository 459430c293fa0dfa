import { seededRandom } from "@loggregator/testing";

/** The same seed leads to the same random choices. */
export const seed = Number(process.env["FAULT_SEED"] ?? 8);

/** The random numbers of one test. Dispose it at the end of the test. */
export interface SeededRandom extends Disposable {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  next(): number;
}

/**
 * Derives all random numbers of a test from the seed and the name of the test: its own, and those of
 * `Math.random`, which clients use for their retry delays. A test that runs alone therefore makes
 * the same choices as in the whole suite.
 */
export function seedRandom(test: string): SeededRandom {
  let state = seed;
  for (const character of test) {
    state = Math.imul(state, 31) + character.charCodeAt(0);
  }
  const { random } = Math;
  Math.random = seededRandom(state);
  return {
    next: seededRandom(~state),
    [Symbol.dispose]: () => {
      Math.random = random;
    },
  };
}
