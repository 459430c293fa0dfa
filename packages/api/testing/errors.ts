import { expect } from "vitest";

/** What a TypeError of an argument looks like: class and message. It has more fields. */
export const typeError = (message: string): Error =>
  expect.toSatisfy((error) => error instanceof TypeError && error.message === message, message);

/** What a RangeError of an argument looks like. */
export const rangeError = (message: string): Error =>
  expect.toSatisfy((error) => error instanceof RangeError && error.message === message, message);
