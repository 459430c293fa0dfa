import type { OtlpRequests } from "../mapping/otlpRequests.js";
import type { Acceptance, OtlpSignal } from "./signals.js";

/** Sends OTLP requests to one server. */
export interface Transport {
  /** The server, as messages show it. */
  readonly address: string;
  /**
   * Sends a request once.
   *
   * @throws OtlpExportError; the reason of `signal` if that aborts.
   */
  send(
    kind: OtlpSignal,
    requests: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance>;
  close(): void;
}
