import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { encodeDataPoint } from "../../mapping/sharedAttributes.js";
import {
  type ExportMetricsServiceRequest,
  Metric,
  type NumberDataPoint,
  ResourceMetrics,
  ScopeMetrics,
  Sum,
} from "../../messages.js";

/** The tags of fields, which have the type of messages. */
const tags = {
  resourceMetrics: 10,
  scopeMetrics: 18,
  metrics: 18,
  gauge: 42,
  sum: 58,
  dataPoints: 10,
};

/** Same as the generated encoder, except that attributes shared by data points are encoded once. */
export function encodeMetrics({
  resourceMetrics,
}: ExportMetricsServiceRequest): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const { scopeMetrics, ...resource } of resourceMetrics) {
    writer.uint32(tags.resourceMetrics).fork();
    ResourceMetrics.encode({ ...resource, scopeMetrics: [] }, writer);
    for (const { metrics, ...scope } of scopeMetrics) {
      writer.uint32(tags.scopeMetrics).fork();
      ScopeMetrics.encode({ ...scope, metrics: [] }, writer);
      for (const metric of metrics) {
        writer.uint32(tags.metrics).fork();
        encodeMetric(metric, writer);
        writer.join();
      }
      writer.join();
    }
    writer.join();
  }
  return writer.finish();
}

function encodeMetric(metric: Metric, writer: BinaryWriter): void {
  const { data } = metric;
  switch (data?.$case) {
    case "gauge":
      Metric.encode({ ...metric, data: undefined }, writer);
      writer.uint32(tags.gauge).fork();
      encodeDataPoints(data.value.dataPoints, writer);
      writer.join();
      break;
    case "sum":
      Metric.encode({ ...metric, data: undefined }, writer);
      writer.uint32(tags.sum).fork();
      Sum.encode({ ...data.value, dataPoints: [] }, writer);
      encodeDataPoints(data.value.dataPoints, writer);
      writer.join();
      break;
    default:
      Metric.encode(metric, writer);
  }
}

function encodeDataPoints(points: readonly NumberDataPoint[], writer: BinaryWriter): void {
  for (const point of points) {
    writer.uint32(tags.dataPoints).fork();
    encodeDataPoint(point, writer);
    writer.join();
  }
}
