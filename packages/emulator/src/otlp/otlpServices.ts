import { type CallContext, type Server, ServerError, Status } from "nice-grpc";
import { bytesCodec } from "../wire/rawServices.js";
import type { OtlpReceiver } from "./otlpReceiver.js";
import type { OtlpSignal } from "./otlpSignals.js";
import { encodeRpcStatus } from "./rpcStatus.js";

const services: Readonly<Record<OtlpSignal, string>> = {
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
};

/** The methods of OTLP's services. */
export const otlpMethods = Object.fromEntries(
  Object.values(services).map((name) => [name, ["Export"]]),
);

/** Adds the services of OTLP. */
export function addOtlpServices(server: Server, receiver: OtlpReceiver): void {
  for (const [signal, fullName] of Object.entries(services) as [OtlpSignal, string][]) {
    server.add(exportService(fullName), {
      export: (body: Uint8Array, context: CallContext) => receive(receiver, signal, body, context),
    });
  }
}

/** The service with messages as bytes: the messages of OTLP are loaded with the first request. */
function exportService(fullName: string) {
  return {
    name: fullName.slice(fullName.lastIndexOf(".") + 1),
    fullName,
    methods: {
      export: {
        name: "Export",
        requestType: bytesCodec,
        requestStream: false,
        responseType: bytesCodec,
        responseStream: false,
        options: {},
      },
    },
  } as const;
}

async function receive(
  receiver: OtlpReceiver,
  signal: OtlpSignal,
  body: Uint8Array,
  context: CallContext,
): Promise<Uint8Array> {
  const { refusal } = receiver.state;
  if (refusal !== undefined) {
    const { grpcStatus: code, message, retryAfterMs } = refusal;
    if (retryAfterMs !== undefined) {
      const details = encodeRpcStatus({ code, message, retryAfterMs });
      context.trailer.set("grpc-status-details-bin", details);
    }
    throw new ServerError(code, message);
  }
  try {
    const headers: Record<string, string> = {};
    for (const [name, values] of context.metadata) {
      headers[name] = values.map(String).join(", ");
    }
    const { bytes } = await receiver.accept(signal, body, { protocol: "grpc", headers });
    return bytes;
  } catch {
    const reason =
      "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data";
    throw new ServerError(Status.INTERNAL, reason);
  }
}
