import { logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { withNames } from "./sourceNames.js";

const names = new Map([
  ["guid", { app: "checkout", space: "prod" }],
  ["other", { app: "cart" }],
]);

test.each([
  ["guid", { a: "b" }, { a: "b", app_name: "checkout", space_name: "prod" }],
  ["guid", { app_name: "from the platform" }, { app_name: "from the platform" }],
  ["other", {}, { app_name: "cart" }],
  ["unknown", {}, {}],
])("withNames names the source %s with tags %j", (sourceId, tags, expected) => {
  const envelope = logEnvelope("text", { sourceId, tags, timestamp: 1n });
  expect(withNames(envelope, names)).toEqual(
    logEnvelope("text", { sourceId, tags: expected, timestamp: 1n }),
  );
});
