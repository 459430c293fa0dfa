/** The most bytes that fit one UDP datagram over IPv4. */
export const maxDatagramBytes = 65_507;

/** An envelope that does not fit one datagram. It was dropped. */
export class OversizedDatagramError extends Error {
  override readonly name = "OversizedDatagramError";
  /** How many bytes the envelope takes. */
  readonly bytes: number;

  /** @param bytes How many bytes the envelope takes. */
  constructor(bytes: number, options?: ErrorOptions) {
    super(
      `expected an envelope of at most ${maxDatagramBytes} bytes, got one of ${bytes}: ` +
        "shorten its message or its tags, or send it over v2",
      options,
    );
    this.bytes = bytes;
  }
}

/**
 * The socket could not send, most often because nobody listens at the address. Sending goes on
 * after a pause, once the address has been looked up again. `cause` is the system's error.
 */
export class DatagramSendError extends Error {
  override readonly name = "DatagramSendError";
}

/** The address's host name could not be resolved. It is tried again after a pause. `cause` is the resolver's error. */
export class AddressLookupError extends Error {
  override readonly name = "AddressLookupError";
}
