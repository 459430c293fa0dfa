/** The maximum size of a UDP datagram over IPv4 in bytes. */
export const maxDatagramBytes = 65_507;

/** An envelope does not fit a datagram, and was dropped. */
export class OversizedDatagramError extends Error {
  override readonly name = "OversizedDatagramError";
  /** The size of the envelope in bytes. */
  readonly bytes: number;

  /** @param bytes The size of the envelope in bytes. */
  constructor(bytes: number, options?: ErrorOptions) {
    super(
      `an envelope of ${bytes} bytes exceeds the ${maxDatagramBytes} bytes of a UDP datagram and ` +
        "was dropped. Shorten its message or its tags, or send it over v2.",
      options,
    );
    this.bytes = bytes;
  }
}

/**
 * The socket could not send, most often because no process listens on the address. It is retried
 * after a delay and another lookup of the address. `cause` is the system's error.
 */
export class DatagramSendError extends Error {
  override readonly name = "DatagramSendError";
}

/**
 * The host name could not be resolved. It is retried after a delay. `cause` is the resolver's
 * error; undefined if the answer contained no address or did not arrive in time.
 */
export class AddressLookupError extends Error {
  override readonly name = "AddressLookupError";
}
