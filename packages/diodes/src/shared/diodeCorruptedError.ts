/**
 * Thrown by a shared diode whose memory is inconsistent: other code has written into its buffer.
 * The diode cannot be repaired. Create a new one, and find the code that writes into the buffer.
 */
export class DiodeCorruptedError extends Error {
  override readonly name = "DiodeCorruptedError";

  /** @param fault The inconsistency, for the message. */
  constructor(fault: string) {
    super(`the memory of the shared diode is corrupted: ${fault}; only diodes may write into it`);
  }
}
