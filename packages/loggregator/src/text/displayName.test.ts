import { logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { displayName, sourceOf } from "./displayName.js";

test.each([
  [{ app_name: "checkout", space_name: "prod" }, "2", "checkout/2 (prod)"],
  [{ app_name: "checkout", space_name: "prod" }, "", "checkout (prod)"],
  [{ app_name: "checkout" }, "2", "checkout/2"],
  [{ app_name: "", space_name: "prod" }, "2", "id/2"],
  [{}, "", "id"],
])("displayName names an app by its tags %j", (tags, instanceId, name) => {
  expect(displayName(logEnvelope("", { sourceId: "id", instanceId, tags }))).toBe(name);
});

test("sourceOf omits an empty instance", () => {
  expect(sourceOf(logEnvelope("", { sourceId: "a" }))).toBe("a");
  expect(sourceOf(logEnvelope("", { sourceId: "a", instanceId: "0" }))).toBe("a/0");
});

test("displayName looks up the names of apps without tags", () => {
  const names = new Map([["id", { app: "cart", space: "test" }]]);
  const tags = { app_name: "checkout" };
  const options = { sourceId: "id", instanceId: "2" };
  expect(displayName(logEnvelope("", options), names)).toBe("cart/2 (test)");
  expect(displayName(logEnvelope("", { ...options, tags }), names)).toBe("checkout/2");
  expect(displayName(logEnvelope("", { ...options, sourceId: "other" }), names)).toBe("other/2");
});
