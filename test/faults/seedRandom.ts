import { seededRandom } from "./random.js";

/** The same seed makes the same random choices. */
export const seed = Number(process.env["FAULT_SEED"] ?? 8);

/** A test's own random choices, until it is disposed. */
export interface SeededRandom extends Disposable {
  /** A number from 0 up to 1. */
  next(): number;
}

/**
 * Has all that is random in a test follow from the seed and the test's name: its own choices, and
 * those of the clients, whose pauses have a random half from `Math.random`. So a test alone makes
 * the same choices as among others.
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
