import { expect } from "vitest";

/** An error to compare an argument's TypeError with, by class and message. */
export const typeError = (message: string): Error =>
  expect.toSatisfy((error) => error instanceof TypeError && error.message === message, message);

/** An error to compare an argument's RangeError with, by class and message. */
export const rangeError = (message: string): Error =>
  expect.toSatisfy((error) => error instanceof RangeError && error.message === message, message);

/** Passes a value that TypeScript would reject and JavaScript accepts. */
export const bad = <T>(value: unknown) => value as T;
