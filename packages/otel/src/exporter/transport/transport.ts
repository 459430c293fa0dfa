import type { OtlpRequests } from "../../mapping/otlpRequests.js";
import type { Acceptance } from "../encoding/decodeResponse.js";

/** Sends the OTLP requests of a signal to a server. */
export interface Transport {
  /** The server's address or URL, for messages. */
  readonly address: string;
  /**
   * Sends a request once.
   *
   * @throws OtlpExportError; the reason of `signal` if that aborts.
   */
  send(
    requests: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance>;
  close(): void;
}
