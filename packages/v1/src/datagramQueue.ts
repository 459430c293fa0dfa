/** Datagrams that wait, in order; bounded, and the oldest makes room for the newest. */
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

  /** Adds the newest. Returns how many of the oldest were dropped for it. */
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

  /** Takes the oldest. */
  shift(): Uint8Array | undefined {
    const datagram = this.#datagrams[this.#head];
    if (datagram === undefined) return undefined;
    this.#datagrams[this.#head++] = undefined;
    this.#bytes -= datagram.length;
    // Places that were left are given up once they are half of all, so that each is moved once at most.
    if (this.#head * 2 >= this.#datagrams.length && this.#head >= 1024) {
      this.#datagrams = this.#datagrams.slice(this.#head);
      this.#head = 0;
    }
    return datagram;
  }

  /** Puts back the oldest, which was taken before. */
  putBack(datagram: Uint8Array): void {
    if (this.#head > 0) this.#datagrams[--this.#head] = datagram;
    else this.#datagrams.unshift(datagram);
    this.#bytes += datagram.length;
  }

  /** Forgets all. Returns how many there were. */
  clear(): number {
    const { size } = this;
    this.#datagrams = [];
    this.#head = 0;
    this.#bytes = 0;
    return size;
  }
}
