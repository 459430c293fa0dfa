// Run by peers.test.ts on the Node.js that OpenTelemetry's SDK 3 needs: exports with real providers.
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import {
  LoggregatorLogRecordExporter,
  LoggregatorMetricExporter,
  LoggregatorSpanExporter,
} from "@loggregator/otel/sdk";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const resource = resourceFromAttributes({ "service.name": "shop" });
const emulator = await startEmulator();
const client = new IngressClient({
  address: emulator.ingress.address,
  tls: emulator.tls.ingress,
  delivery: "acknowledged",
});

const traces = new TracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor({ exporter: new LoggregatorSpanExporter(client) })],
});
traces.getTracer("t").startSpan("GET /").end();

const logs = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: new LoggregatorLogRecordExporter(client) })],
});
logs.getLogger("l").emit({ body: "failed", severityNumber: 17 });

const metrics = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: new LoggregatorMetricExporter(client) })],
});
metrics.getMeter("m").createCounter("requests").add(3);
metrics.getMeter("m").createGauge("load", { unit: "1" }).record(0.5);

for (const provider of [traces, logs, metrics]) {
  await provider.shutdown();
}
const received = emulator.envelopes().map(({ sourceId, message }) => {
  const { $case, value } = message;
  switch ($case) {
    case "log":
      return [sourceId, $case, new TextDecoder().decode(value.payload), value.type];
    case "counter":
      return [sourceId, $case, value.name, Number(value.total)];
    case "gauge":
      return [sourceId, $case, ...Object.entries(value.metrics).flat()];
    default:
      return [sourceId, $case, value.name];
  }
});
await client.close();
await emulator.close();
console.log(JSON.stringify({ version: process.version, received }));
