import { counterEnvelope, type Envelope, eventEnvelope, logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { UsageError } from "../errors.js";
import { filterPredicate } from "../filter/filterPredicate.js";
import { filterOf, type TextFilter } from "./textFilter.js";

const tags = { app_name: "checkout", space_name: "prod" };
const envelopes: Record<string, Envelope> = {
  ok: logEnvelope("GET /cart 200", { sourceId: "guid-1", instanceId: "0", tags }),
  error: logEnvelope("Payment ERROR\u001b[0m", { sourceId: "guid-1", instanceId: "1", tags }),
  worker: logEnvelope("done", { sourceId: "guid-2", tags: { app_name: "checkout-worker" } }),
  router: counterEnvelope("requests", { sourceId: "gorouter", instanceId: "0" }),
  deploy: eventEnvelope("deploy", "error budget", { sourceId: "deployer" }),
};

function selected(filter: TextFilter): string[] {
  const passes = filterPredicate(filterOf(filter));
  return Object.entries(envelopes)
    .filter(([, envelope]) => passes(envelope))
    .map(([name]) => name);
}

test.each<[string, TextFilter, string[]]>([
  ["everything by default", {}, ["ok", "error", "worker", "router", "deploy"]],
  ["an app by its whole name", { apps: ["checkout"] }, ["ok", "error"]],
  ["a source by its id", { apps: ["guid-2"] }, ["worker"]],
  ["several apps and sources", { apps: ["checkout", "gorouter"] }, ["ok", "error", "router"]],
  ["apps by a regular expression", { apps: ["checkout.*"] }, ["ok", "error", "worker"]],
  ["apps by an expression between slashes", { apps: ["/CHECKOUT.*/i"] }, ["ok", "error", "worker"]],
  ["nothing for an unknown app", { apps: ["chekout"] }, []],
  ["alternatives as a whole", { apps: ["x|checkout"] }, ["ok", "error"]],
  ["instances", { instance: ["0"] }, ["ok", "router"]],
  ["tags", { tag: { space_name: "prod" } }, ["ok", "error"]],
  ["no inherited tags", { tag: { constructor: "x" } }, []],
  ["text", { grep: ["ERROR"] }, ["error"]],
  ["text without case", { grep: ["ERROR"], ignoreCase: true }, ["error", "deploy"]],
  ["names of metrics", { grep: ["^requests$"] }, ["router"]],
  ["one of several texts", { grep: ["GET", "done$"] }, ["ok", "worker"]],
  ["none of several texts", { exclude: ["GET", "ERROR"] }, ["worker", "router", "deploy"]],
  ["a level", { level: "error" }, ["error"]],
  ["further conditions", { apps: ["checkout"], filter: ["-cart"] }, ["error"]],
  ["text from its start", { grep: ["^GET "] }, ["ok"]],
  ["all but some text", { exclude: ["GET|done"] }, ["error", "router", "deploy"]],
  [
    "all conditions",
    { apps: ["checkout"], instance: ["1"], grep: ["Pay"], exclude: ["GET"] },
    ["error"],
  ],
])("selects %s", (_, filter, names) => {
  expect(selected(filter)).toEqual(names);
});

test("rejects an app that is not a regular expression", () => {
  expect(() => selected({ apps: ["("] })).toThrow(UsageError);
  // It must not become valid when it is combined with others.
  expect(() => selected({ apps: [")|(.*"] })).toThrow(UsageError);
});
