import type { Envelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { toEnvelopes } from "../mapping/toEnvelopes/toEnvelopes.js";
import { toOtlp } from "../mapping/toOtlp/toOtlp.js";
import {
  LoggregatorLogRecordExporter,
  LoggregatorMetricExporter,
  LoggregatorSpanExporter,
  type SdkExporterOptions,
} from "../sdk.js";

const service = { "service.name": "shop", "service.instance.id": "i-1", "host.name": "vm" };

/** Exports a span, a log record and a gauge of a resource, and returns their envelopes. */
function exported(options: SdkExporterOptions, attributes: Readonly<Record<string, string>>) {
  const envelopes: Envelope[] = [];
  const emitter = { emit: (envelope: Envelope) => envelopes.push(envelope) };
  const resource = { attributes };
  const [startTime, endTime] = [[1, 0] as const, [2, 0] as const];
  const ids = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
  const spanContext = () => ids;
  const span = { name: "s", kind: 0, startTime, endTime, attributes: {}, resource, spanContext };
  const record = { hrTime: startTime, hrTimeObserved: startTime, attributes: {}, resource };
  const gauge = {
    descriptor: { name: "g", unit: "" },
    dataPointType: 2,
    aggregationTemporality: 1,
    dataPoints: [{ startTime, endTime, attributes: {}, value: 1 }],
  };
  new LoggregatorSpanExporter(emitter, options).export([span], () => {});
  new LoggregatorLogRecordExporter(emitter, options).export([record], () => {});
  const metrics = { resource, scopeMetrics: [{ metrics: [gauge] }] };
  new LoggregatorMetricExporter(emitter, options).export(metrics, () => {});
  expect(envelopes).toHaveLength(3);
  return envelopes;
}

describe("source id and instance id of the options", () => {
  test("leave the attributes that they replace as tags", () => {
    for (const { sourceId, instanceId, tags } of exported(
      { sourceId: "app-guid", instanceId: "0" },
      service,
    )) {
      expect([sourceId, instanceId]).toEqual(["app-guid", "0"]);
      expect(tags).toMatchObject({
        "service.name": "shop",
        "service.instance.id": "i-1",
        "host.name": "vm",
      });
      expect(tags).not.toHaveProperty("source_id");
      expect(tags).not.toHaveProperty("instance_id");
    }
  });

  test("survive OTLP and back together with these tags", () => {
    const envelopes = exported({ sourceId: "app-guid", instanceId: "0" }, service);
    const returned = toEnvelopes(toOtlp(envelopes));
    const identity = ({ sourceId, instanceId, tags }: Envelope) => ({ sourceId, instanceId, tags });
    expect(returned).toHaveLength(3);
    for (const envelope of returned) {
      expect(identity(envelope)).toMatchObject({
        sourceId: "app-guid",
        instanceId: "0",
        tags: { "service.name": "shop", "service.instance.id": "i-1", "host.name": "vm" },
      });
    }
  });

  test("add no tag if they equal the attributes, or if the service has no name", () => {
    const options = { sourceId: "shop", instanceId: "i-1" };
    const unnamed = { "service.name": "unknown_service:node" };
    for (const attributes of [service, {}, unnamed]) {
      for (const { sourceId, instanceId, tags } of exported(options, attributes)) {
        expect({ sourceId, instanceId }).toEqual(options);
        expect(Object.keys(tags).filter((name) => /service|source|instance/.test(name))).toEqual(
          [],
        );
      }
    }
  });

  test("make the service of an app its name", () => {
    const app = { ...service, "cloudfoundry.app.id": "app-guid" };
    for (const { sourceId, tags } of exported({ sourceId: "other" }, app)) {
      expect(sourceId).toBe("other");
      expect(tags).toMatchObject({ app_id: "app-guid", app_name: "shop" });
    }
  });
});
