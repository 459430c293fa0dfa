import { expect } from "vitest";

/** The class and message of an argument's TypeError. It has more fields. */
export const typeError = (message: string): Error =>
  expect.toSatisfy((error) => error instanceof TypeError && error.message === message, message);

/** The class and message of an argument's RangeError. */
export const rangeError = (message: string): Error =>
  expect.toSatisfy((error) => error instanceof RangeError && error.message === message, message);
