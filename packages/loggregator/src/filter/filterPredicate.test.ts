import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { expect, test } from "vitest";
import { entryPredicate, filterPredicate } from "./filterPredicate.js";
import { parseFilter } from "./parseFilter.js";

const tags = { app_name: "checkout", space_name: "prod" };
const shop = { sourceId: "guid-1", instanceId: "0", tags, timestamp: 1_000n };
const envelopes: Record<string, Envelope> = {
  ok: logEnvelope("GET /cart 200", { ...shop, timestamp: 2_000_000_000n }),
  error: logEnvelope("\x1b[31mERROR\x1b[0m payment refused", { ...shop, instanceId: "1" }),
  json: logEnvelope('{"level":40,"msg":"slow","req":{"method":"GET"}}', {
    ...{ sourceId: "guid-2", instanceId: "0", sourceType: "APP/PROC/WEB", timestamp: 1_000n },
    tags: { app_name: "checkout-worker" },
  }),
  counter: counterEnvelope("requests", { sourceId: "gorouter", delta: 7, timestamp: 1_000n }),
  gauge: gaugeEnvelope({ cpu: { value: 3 }, memory: { value: 4 } }, { timestamp: 1_000n }),
  timer: timerEnvelope("http", 0n, 5_000_000n, { timestamp: 1_000n }),
  event: eventEnvelope("deploy", "v42 is live", { timestamp: 1_000n }),
};

function selected(text: string): string[] {
  const passes = filterPredicate(parseFilter(text, { now: 10_000 }));
  return Object.entries(envelopes)
    .filter(([, envelope]) => passes(envelope))
    .map(([name]) => name);
}

test.each([
  ["", ["ok", "error", "json", "counter", "gauge", "timer", "event"]],
  ["REFUSED", ["error"]],
  ["/^ERROR payment/", ["error"]],
  ["/^error/", []],
  ["requests", ["counter"]],
  ["web", ["json"]],
  ['"5 ms"', ["timer"]],
  ["memory", ["gauge"]],
  ["-refused type:log -slow", ["ok"]],
  ["PROD", ["ok", "error"]],
  ["rod", []],
  ["/prod/", []],
  ["-prod type:log", ["json"]],
  ['"checkout-worker"', ["json"]],
  ["app:checkout", ["ok", "error"]],
  ["app:guid-2", ["json"]],
  ["app:/checkout.*/", ["ok", "error", "json"]],
  ["app:checkout app:gorouter", ["ok", "error", "counter"]],
  ["-app:checkout -app:checkout-worker type:log", []],
  ["source:WORK", ["json"]],
  ["source:checkout/1", ["error"]],
  ["instance:0", ["ok", "json"]],
  ["type:gauge,timer", ["gauge", "timer"]],
  ["name:cpu name:http", ["gauge", "timer"]],
  ["name:/dep|mem.*/", ["gauge"]],
  ["name:deploy", ["event"]],
  ["tag:space_name=prod", ["ok", "error"]],
  ["tag:space_name=prod tag:app_name=other", []],
  ["tag:app_name -tag:space_name", ["json"]],
  ["tag:constructor", []],
  ["level:warn", ["error", "json"]],
  ["level:error", ["error"]],
  ["-level:warn type:log", ["ok"]],
  ["field:req.method=GET", ["json"]],
  ["field:msg=/sl/", ["json"]],
  ["field:req", ["json"]],
  ["field:constructor", []],
  ["since:8.5s", ["ok"]],
  ["until:1970-01-01T00:00:01Z type:log", ["error", "json"]],
])("%j selects %j", (text, names) => {
  expect(selected(text)).toEqual(names);
});

test("text may be in any line of an entry, the rest in the first", () => {
  const first = logEnvelope("ERROR request failed", shop);
  const others = [logEnvelope("\tat com.example.Cart", shop), logEnvelope("INFO x", shop)];
  const passes = (text: string) => entryPredicate(parseFilter(text))(first, others);
  expect(passes("example level:error failed")).toBe(true);
  expect(passes("-example")).toBe(false);
  expect(passes("other")).toBe(false);
  expect(passes("level:fatal")).toBe(false);
});
