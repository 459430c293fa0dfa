import type { Envelope } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import type { EnvelopeRecorder } from "../recording/envelopeRecorder.js";
import { EnvelopeCallback } from "./envelopeCallback.js";
import { createEnvelopeRecord } from "./envelopeRecord.js";
import { PendingWaits } from "./pendingWaits.js";
import { StatsBoard } from "./statsBoard.js";

/** The counts and the received envelopes that tests see, wait for and record. */
export class Observation {
  readonly waiting = new PendingWaits();
  readonly stats = new StatsBoard(this.waiting);
  readonly record = createEnvelopeRecord(this.waiting, this.stats);
  readonly callback: EnvelopeCallback | undefined;
  /** Writes the received envelopes to a file, if the option `record` is set. */
  recorder: EnvelopeRecorder | undefined;

  constructor(onEnvelope: ((envelope: Envelope) => unknown) | undefined, logger: Logger) {
    if (onEnvelope !== undefined) {
      this.callback = new EnvelopeCallback(onEnvelope, logger, (error) => this.waiting.fail(error));
    }
  }

  /** Call it for each received envelope. */
  received(envelope: Envelope, bytes: Uint8Array): void {
    this.callback?.call(envelope);
    this.recorder?.add(envelope);
    this.record.add(bytes);
  }
}
