import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { afterAll, beforeEach } from "vitest";
import { EnvelopeStreamConnector } from "../src/index.js";

/** Shared by all tests of a file. Each starts without streams. */
export const emulator = await startEmulator();
afterAll(() => emulator.close());
beforeEach(async () => {
  await streams(0);
});

export const connect = (address = emulator.egress.address) =>
  new EnvelopeStreamConnector({ address, tls: emulator.tls.egress });

export const logs = { selectors: [selectLog()] };

/** Resolves once there is this number of streams. */
export const streams = (wanted: number) =>
  emulator.until(({ egressStreams }) => egressStreams === wanted);

export const emit = (text: string) => emulator.emit(logEnvelope(text, { sourceId: "app" }));

/** Returns the texts of log envelopes, and the types of others. */
export const texts = (batch: readonly Envelope[]) =>
  batch.map(({ message }) =>
    message?.$case === "log" ? Buffer.from(message.value.payload).toString() : message?.$case,
  );
