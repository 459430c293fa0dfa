import { ChannelCredentials } from "@grpc/grpc-js";
import { ExportLogsServiceRequest, LogsServiceDefinition } from "@loggregator/otel/messages";
import { type Client, createChannel, createClient } from "nice-grpc";
import type { Emulator } from "../src/index.js";

export const text = (value: string) => ({ value: { $case: "stringValue" as const, value } });
export const traceId = Buffer.from("4bf92f3577b34da6a3ce929d0e0e4736", "hex");
export const spanId = Buffer.from("00f067aa0ba902b7", "hex");

export function logsRequest(...bodies: string[]): ExportLogsServiceRequest {
  return ExportLogsServiceRequest.fromPartial({
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: text("shop") }] },
        schemaUrl: "https://example.com/1.0",
        scopeLogs: [
          {
            scope: { name: "lib", version: "2" },
            logRecords: bodies.map((body) => ({
              timeUnixNano: 1_700_000_000_123_456_789n,
              severityNumber: 9,
              severityText: "Info",
              body: text(body),
              attributes: [
                { key: "__proto__", value: text("kept") },
                { key: "count", value: { value: { $case: "intValue", value: 3n } } },
              ],
              traceId,
              spanId,
            })),
          },
        ],
      },
    ],
  });
}

export const encodedLogs = (...bodies: string[]) =>
  ExportLogsServiceRequest.encode(logsRequest(...bodies)).finish();

export function post(
  emulator: Emulator,
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = {},
) {
  return fetch(`${emulator.otlp.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", ...headers },
    body,
  });
}

export const json = { "content-type": "application/json" };

export async function withClient<T>(
  emulator: Emulator,
  isPlain: boolean,
  use: (client: Client<LogsServiceDefinition>) => Promise<T>,
  options = {},
): Promise<T> {
  const { address, httpAddress } = emulator.otlp;
  const { ca, cert, key, serverName } = emulator.tls.otlp;
  const channel = isPlain
    ? createChannel(httpAddress, ChannelCredentials.createInsecure(), options)
    : createChannel(
        address,
        ChannelCredentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert)),
        { ...options, "grpc.ssl_target_name_override": serverName },
      );
  try {
    return await use(createClient(LogsServiceDefinition, channel));
  } finally {
    channel.close();
  }
}

export const gzip = { "grpc.default_compression_algorithm": 2 };
