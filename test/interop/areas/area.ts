import type fc from "fast-check";
import type { Oracle } from "../oracle.js";

/** What one side made of an input. */
export interface Outcome {
  /** The canonical JSON of what it read or wrote. */
  readonly value?: string | undefined;
  /** Why there is no value. */
  readonly refused?: string | undefined;
  /** What else is to be known where the sides differ: see the area. */
  readonly otherwise?: string | undefined;
}

/** Something that we and the reference both do, and that we mean to do as it does. */
export interface Area<T> {
  readonly name: string;
  /** Inputs, those at the edges among them. */
  readonly cases: fc.Arbitrary<T>;
  compare(input: T, oracle: Oracle): Promise<{ ours: Outcome; reference: Outcome }>;
}

/** Whether both did the same. Which words a refusal has is their own affair. */
export function agree(ours: Outcome, reference: Outcome): boolean {
  return ours.value === reference.value;
}

/** What we made of an input, where a class of error is how we refuse it. */
export function attempt(make: () => string, refusal: new (...args: never[]) => Error): Outcome {
  try {
    return { value: make() };
  } catch (error) {
    if (error instanceof refusal) {
      return { refused: error.message };
    }
    throw error;
  }
}
