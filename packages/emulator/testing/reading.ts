import type { EgressBatchRequest, Envelope } from "@loggregator/api";
import { logEnvelope } from "@loggregator/api";
import type { Emulator } from "../src/index.js";
import type { GrpcClients, Reader } from "./grpcClients.js";

/** Opens egress streams one after the other, each subscribed before the next. */
export async function read(
  emulator: Emulator,
  clients: GrpcClients,
  ...requests: Partial<EgressBatchRequest>[]
): Promise<Reader[]> {
  const readers: Reader[] = [];
  for (const request of requests) {
    const { egressStreams } = emulator.stats;
    readers.push(clients.read(request));
    await emulator.until((stats) => stats.egressStreams === egressStreams + 1);
  }
  return readers;
}

/** Opens one egress stream. */
export async function readOne(
  emulator: Emulator,
  clients: GrpcClients,
  request: Partial<EgressBatchRequest>,
): Promise<Reader> {
  const [reader] = await read(emulator, clients, request);
  return reader as Reader;
}

const decoder = new TextDecoder();

/** Returns the text of a log; "" for other envelopes. */
export function text({ message }: Envelope): string {
  return message?.$case === "log" ? decoder.decode(message.value.payload) : "";
}

/** Emits logs "0", "1" and so on. */
export function emitLogs(emulator: Emulator, count: number, sourceId = "app"): void {
  for (let i = 0; i < count; i += 1) {
    emulator.emit(logEnvelope(String(i), { sourceId }));
  }
}
