import { counterEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { inTrace, traceOf } from "./trace.js";

const id = "4bf92f3577b34da6a3ce929d0e0e4736";

test.each([
  [timerEnvelope("http", 0n, 1n, { tags: { trace_id: id, span_id: "x" } }), id],
  [logEnvelope(JSON.stringify({ msg: "ok", traceId: id })), id],
  [logEnvelope(JSON.stringify({ msg: "ok", trace: { id } })), id],
  [logEnvelope(`GET /cart 200 trace_id=${id} ok`), id],
  [logEnvelope(`traceparent: 00-${id}-00f067aa0ba902b7-01`), id],
  [logEnvelope('x_b3_traceid:"463ac35c9f6413ad"'), "463ac35c9f6413ad"],
  [logEnvelope(`INFO [checkout,${id},00f067aa0ba902b7] 1 --- [nio-1] c.e.Cart : ok`), id],
  [logEnvelope(`INFO [check out,${id},00f067aa0ba902b7,true] 1 --- [nio-1] Cart`), id],
  [logEnvelope(`INFO 1 --- [shop] [nio-1] [${id}-00f067aa0ba902b7] c.e.Cart : ok`), id],
  [logEnvelope(`WARN [checkout,${id}] x`), undefined],
  [logEnvelope("WARN [checkout,,] x"), undefined],
  [logEnvelope(JSON.stringify({ traceId: 7 })), undefined],
  [logEnvelope("retracing 4bf92f3577b34da6a3ce929d0e0e4736"), undefined],
  [counterEnvelope("x", { tags: { trace_id: "" } }), undefined],
])("finds the trace id of %o", (envelope, expected) => {
  expect(traceOf(envelope)).toBe(expected);
});

test("selects the envelopes of a trace by any tag and by the text of logs", () => {
  const passes = inTrace(id);
  expect(passes(timerEnvelope("http", 0n, 1n, { tags: { trace_id: id } }))).toBe(true);
  expect(passes(logEnvelope(`rid=${id}`))).toBe(true);
  expect(passes(logEnvelope("other"))).toBe(false);
  expect(passes(counterEnvelope(id))).toBe(false);
});
