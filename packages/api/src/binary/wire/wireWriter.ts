// Primitives of the protobuf wire format, written into one growing buffer.
// https://protobuf.dev/programming-guides/encoding/

/** The number of UTF-16 units up to which a loop is faster than a native call. */
const shortText = 16;

/** Writes text as UTF-8, a lone surrogate as U+FFFD, and returns the number of bytes. */
type WriteText = (this: Uint8Array, text: string, position: number, maxBytes: number) => number;

interface BufferConstructor {
  from(bytes: ArrayBufferLike): Uint8Array;
  readonly prototype: { readonly utf8Write?: WriteText };
}

const nodeBuffer = (globalThis as { Buffer?: BufferConstructor }).Buffer;
const utf8 = new TextEncoder();

/**
 * Node.js's Buffer writes without creating a view for each text, which takes a third of the time
 * and allocates nothing. `utf8Write` is undocumented, but exists in Node.js, Bun and Deno; the
 * documented `write` calls it and takes a tenth longer.
 */
const writeText: WriteText =
  nodeBuffer?.prototype.utf8Write ??
  function encodeInto(text, position) {
    return utf8.encodeInto(text, this.subarray(position)).written;
  };

// One 64-bit cell with a view of each type: splits a bigint or a double without allocating.
const cell = new ArrayBuffer(8);
const asUint64 = new BigUint64Array(cell);
const asDouble = new Float64Array(cell);
const asBytes = new Uint8Array(cell);
const asUint32 = new Uint32Array(cell);
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const low = littleEndian ? 0 : 1;
const high = littleEndian ? 1 : 0;

/** Returns the number of bytes of a varint. */
export function varintSize(value: number): number {
  return value < 0x80
    ? 1
    : value < 0x4000
      ? 2
      : value < 0x20_0000
        ? 3
        : value < 0x1000_0000
          ? 4
          : 5;
}

/**
 * Writes protobuf into a buffer that grows. Tags are passed as on the wire, with field number and
 * wire type combined.
 */
export class WireWriter {
  bytes: Uint8Array;
  position = 0;
  /** A copy of `bytes.length`, which is faster to read. */
  #capacity: number;
  /** The memory of `bytes` in the type that `writeText` needs. */
  #texts: Uint8Array;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.#capacity = capacity;
    this.#texts = nodeBuffer?.from(this.bytes.buffer) ?? this.bytes;
  }

  /**
   * Reserves room for more bytes. Methods that do not reserve it themselves need it for fixed
   * parts.
   */
  reserve(size: number): void {
    const needed = this.position + size;
    if (needed <= this.#capacity) {
      return;
    }
    this.#capacity = Math.max(needed, this.#capacity * 2);
    const larger = new Uint8Array(this.#capacity);
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
    this.#texts = nodeBuffer?.from(larger.buffer) ?? larger;
  }

  byte(value: number): void {
    this.bytes[this.position++] = value;
  }

  /** Writes an unsigned 32-bit varint. */
  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.position++] = rest;
  }

  /** Writes an int64 or uint64 varint. */
  varint64(value: bigint): void {
    // The cell takes the value modulo 2^64, as the wire does.
    asUint64[0] = value;
    this.varintOfHalves(asUint32[low] as number, asUint32[high] as number);
  }

  /** Writes a 64-bit varint, given as two unsigned halves. */
  varintOfHalves(lower: number, upper: number): void {
    const last = upper >>> 24;
    if (last > 0 && last < 0x80) {
      this.#nineBytes(lower, upper, last);
      return;
    }
    let lo = lower;
    let hi = upper;
    while (hi > 0) {
      this.bytes[this.position++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.varint(lo);
  }

  /**
   * Writes a varint of nine bytes without a loop: times in nanoseconds since 1972 have this length.
   */
  #nineBytes(lower: number, upper: number, last: number): void {
    const { bytes, position } = this;
    bytes[position] = lower | 0x80;
    bytes[position + 1] = (lower >>> 7) | 0x80;
    bytes[position + 2] = (lower >>> 14) | 0x80;
    bytes[position + 3] = (lower >>> 21) | 0x80;
    bytes[position + 4] = (lower >>> 28) | (upper << 4) | 0x80;
    bytes[position + 5] = (upper >>> 3) | 0x80;
    bytes[position + 6] = (upper >>> 10) | 0x80;
    bytes[position + 7] = (upper >>> 17) | 0x80;
    bytes[position + 8] = last;
    this.position = position + 9;
  }

  /** Writes a double in little-endian order. */
  double(value: number): void {
    asDouble[0] = value;
    for (let i = 0; i < 8; i++) {
      this.bytes[this.position++] = asBytes[littleEndian ? i : 7 - i] as number;
    }
  }

  /** Writes bytes without a tag and a length. Reserves the room for them. */
  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.copy(value);
  }

  /** Writes bytes without a tag and a length. The room must be reserved. */
  copy(value: Uint8Array): void {
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** Writes a field of bytes. Reserves the room for it. */
  bytesField(tag: number, value: Uint8Array): void {
    this.reserve(value.length + 6);
    this.byte(tag);
    this.varint(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** Writes a field of text in UTF-8; lone surrogates become U+FFFD. Reserves the room for it. */
  stringField(tag: number, value: string): void {
    this.reserve(value.length * 3 + 6);
    this.byte(tag);
    const size = varintSize(value.length);
    const start = this.open(size);
    this.text(value);
    this.close(start, size);
  }

  /** Writes a field of text or bytes. Reserves the room for it. */
  payloadField(tag: number, value: string | Uint8Array): void {
    if (typeof value === "string") {
      this.stringField(tag, value);
    } else {
      this.bytesField(tag, value);
    }
  }

  /**
   * Begins a part of unknown length and reserves `size` bytes for the length. Returns the start of
   * the part.
   */
  open(size: number): number {
    this.position += size;
    return this.position;
  }

  /** Ends the part that `open(size)` began: writes its length before it. */
  close(start: number, size: number): void {
    const length = this.position - start;
    const needed = varintSize(length);
    if (needed !== size) {
      // The reserved size is wrong because the text is long or not ASCII. The part is moved.
      this.reserve(4);
      this.bytes.copyWithin(start + needed - size, start, this.position);
    }
    const end = this.position + needed - size;
    this.position = start - size;
    this.varint(length);
    this.position = end;
  }

  private text(value: string): void {
    if (value.length > shortText || !this.#shortAscii(value)) {
      const { position } = this;
      const room = this.#capacity - position;
      this.position = position + writeText.call(this.#texts, value, position, room);
    }
  }

  /** Writes text if it is ASCII. Returns false if it is not. */
  #shortAscii(value: string): boolean {
    const { bytes, position } = this;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        return false;
      }
      bytes[position + i] = unit;
    }
    this.position = position + value.length;
    return true;
  }
}

/** Returns a copy of the bytes that `write` writes. */
export function writtenBytes(write: (wire: WireWriter) => void): Uint8Array {
  const wire = new WireWriter(256);
  write(wire);
  return wire.bytes.slice(0, wire.position);
}
