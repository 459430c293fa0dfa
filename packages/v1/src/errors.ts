/** The maximum size of a UDP datagram over IPv4 in bytes. */
export const maxDatagramBytes = 65_507;

/** Reported for an envelope that was dropped because it does not fit into a datagram. */
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
 * Reported if the socket cannot send, most often because no process listens at the address. Sending
 * is retried after a delay, with a new lookup of the address. `cause` is the system's error.
 */
export class DatagramSendError extends Error {
  override readonly name = "DatagramSendError";
}

/**
 * Reported if the host name cannot be resolved. The lookup is retried after a delay. `cause` is the
 * resolver's error; undefined if it returned no address or did not return in time.
 */
export class AddressLookupError extends Error {
  override readonly name = "AddressLookupError";
}
