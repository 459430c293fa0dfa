/**
 * Thrown by a shared diode whose memory holds what no diode writes: something else has written into
 * its buffer. The diode is lost; make a new one, and find out who writes into it.
 */
export class DiodeCorruptedError extends Error {
  override readonly name = "DiodeCorruptedError";

  constructor(found: string) {
    super(`the shared diode's memory is corrupted: ${found}; nothing but diodes may write into it`);
  }
}
