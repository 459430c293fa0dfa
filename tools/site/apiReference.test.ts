import { expect, test } from "vitest";
import { isFault } from "./apiReference.mjs";

const undocumented = (name: string, kind: string, file = "@loggregator/x/src/x.ts") =>
  isFault(`${name} (${kind}), defined in ${file}, does not have any documentation`);

test("exports, methods and options must have a doc comment", () => {
  expect(undocumented("@loggregator/x.Client", "Class")).toBe(true);
  expect(undocumented("@loggregator/x.Client.close", "CallSignature")).toBe(true);
  expect(undocumented("@loggregator/x.ClientOptions.address", "Property")).toBe(true);
  expect(isFault('Failed to resolve link to "X"')).toBe(true);
});

test("generated code and properties with plain names need none", () => {
  expect(undocumented("@loggregator/x.Stats.sent", "Property")).toBe(false);
  expect(undocumented("@loggregator/x.Client.[asyncDispose]", "CallSignature")).toBe(false);
  expect(undocumented("@loggregator/x.Log", "Variable", "@loggregator/x/src/gen/x.ts")).toBe(false);
});
