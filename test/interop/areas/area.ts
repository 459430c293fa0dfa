import type fc from "fast-check";
import type { Oracle } from "../oracle.js";

/** The outcome of one side for an input. */
export interface Outcome {
  /** The canonical JSON of the value that was read or written. */
  readonly value?: string | undefined;
  /** The reason for a rejection. */
  readonly refused?: string | undefined;
  /** Further information for explaining differences; see the area. */
  readonly otherwise?: string | undefined;
}

/** An operation in which our results must equal those of the reference. */
export interface Area<T> {
  readonly name: string;
  /** Generates inputs, including edge cases. */
  readonly cases: fc.Arbitrary<T>;
  compare(input: T, oracle: Oracle): Promise<{ ours: Outcome; reference: Outcome }>;
}

/** Returns true if both outcomes are equal. The texts of rejections may differ. */
export function agree(ours: Outcome, reference: Outcome): boolean {
  return ours.value === reference.value;
}

/** Returns our outcome for an input; errors of the given class are rejections. */
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
