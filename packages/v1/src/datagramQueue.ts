/** A bounded queue of datagrams, which drops the oldest if it is full. */
export class DatagramQueue {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #datagrams: (Uint8Array | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#datagrams.length - this.#head;
  }

  /** Adds a datagram. Returns the number of the oldest that were dropped to make room. */
  push(datagram: Uint8Array): number {
    this.#datagrams.push(datagram);
    this.#bytes += datagram.length;
    let dropped = 0;
    while (this.size > this.#maxCount || this.#bytes > this.#maxBytes) {
      this.shift();
      dropped++;
    }
    return dropped;
  }

  /** Removes and returns up to `count` of the oldest datagrams. */
  take(count: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    while (taken.length < count) {
      const datagram = this.shift();
      if (datagram === undefined) {
        break;
      }
      taken.push(datagram);
    }
    return taken;
  }

  /** Removes and returns the oldest datagram. */
  shift(): Uint8Array | undefined {
    const datagram = this.#datagrams[this.#head];
    if (datagram === undefined) {
      return undefined;
    }
    this.#datagrams[this.#head++] = undefined;
    this.#bytes -= datagram.length;
    // Empty slots are released when they are half of all slots, so that each datagram is moved at
    // most once on average.
    if (this.#head * 2 >= this.#datagrams.length && this.#head >= 1024) {
      this.#datagrams = this.#datagrams.slice(this.#head);
      this.#head = 0;
    }
    return datagram;
  }

  /** Puts a datagram back in front of the oldest. */
  putBack(datagram: Uint8Array): void {
    if (this.#head > 0) {
      this.#datagrams[--this.#head] = datagram;
    } else {
      this.#datagrams.unshift(datagram);
    }
    this.#bytes += datagram.length;
  }

  /** Removes all datagrams. Returns their number. */
  clear(): number {
    const { size } = this;
    this.#datagrams = [];
    this.#head = 0;
    this.#bytes = 0;
    return size;
  }
}
