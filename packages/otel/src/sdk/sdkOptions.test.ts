import { describe, expect, test } from "vitest";
import {
  LoggregatorLogRecordExporter,
  LoggregatorMetricExporter,
  LoggregatorSpanExporter,
  type SdkResult,
} from "../sdk.js";

describe.each([
  ["LoggregatorSpanExporter", LoggregatorSpanExporter],
  ["LoggregatorLogRecordExporter", LoggregatorLogRecordExporter],
  ["LoggregatorMetricExporter", LoggregatorMetricExporter],
])("%s", (_, Exporter) => {
  const emitter = { emit() {} };

  test.each([null, 1, "x"])("rejects %o as options", (options) => {
    expect(() => new Exporter(emitter, options as never)).toThrow("options must be an object, got");
  });

  test.each([undefined, null, 1])("rejects %o as callback", (done) => {
    expect(() => new Exporter(emitter).export([] as never, done as never)).toThrow(
      `done must be a function, got ${done}`,
    );
  });

  test.each([undefined, null, 1])("reports %o as a failed export", (items) => {
    const results: SdkResult[] = [];
    new Exporter(emitter).export(items as never, (result) => results.push(result));
    expect(results).toEqual([{ code: 1, error: expect.any(Error) }]);
  });
});
