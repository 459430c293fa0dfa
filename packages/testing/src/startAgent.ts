import type { Envelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";

/** An agent that records. */
export interface RecordingAgent extends AsyncDisposable {
  readonly received: readonly Envelope[];
  /** Options of a client of the agent. */
  readonly ingress: {
    readonly address: string;
    readonly tls: Emulator["tls"]["ingress"];
  };
  /** Resolves when at least `count` envelopes have arrived. */
  until(count: number): Promise<unknown>;
}

export async function startAgent(): Promise<RecordingAgent> {
  const received: Envelope[] = [];
  const emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  return {
    received,
    ingress: { address: emulator.ingress.address, tls: emulator.tls.ingress },
    until: (count) => emulator.until((stats) => stats.received >= count),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}
