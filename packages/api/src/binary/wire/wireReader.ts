import { EnvelopeDecodeError } from "../../errors.js";
import { decodeText } from "../cache/decodeText.js";

// Primitives of the protobuf wire format, and its rules about malformed bytes.
// https://protobuf.dev/programming-guides/encoding/

/** The maximum nesting depth of groups, as in go-loggregator. */
const maxGroupDepth = 10_000;
const maxFieldNumber = 2 ** 29 - 1;

// One 64-bit cell with a view of each type: assembles a bigint or a double without strings.
const cell = new ArrayBuffer(8);
const asInt64 = new BigInt64Array(cell);
const asUint64 = new BigUint64Array(cell);
const asDouble = new Float64Array(cell);
const asBytes = new Uint8Array(cell);
const asUint32 = new Uint32Array(cell);
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const low = littleEndian ? 0 : 1;
const high = littleEndian ? 1 : 0;

/**
 * Reads protobuf from bytes. Methods throw `EnvelopeDecodeError` for truncated or malformed bytes.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  /** The same bytes, for comparing several at a time. */
  readonly dataView: DataView;
  readonly #buffer: ArrayBufferLike;
  readonly #byteOffset: number;
  position = 0;
  /** The end of the current message. */
  end: number;

  constructor(bytes: Uint8Array) {
    // Not a Node.js Buffer: its views are Buffers as well, whose slice() does not copy.
    this.bytes =
      bytes.constructor === Uint8Array
        ? bytes
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = bytes.buffer;
    this.#byteOffset = bytes.byteOffset;
    this.dataView = new DataView(this.#buffer, this.#byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** Reads a field's number and wire type, combined as on the wire. */
  tag(): number {
    const byte = this.bytes[this.position] as number;
    // Field numbers 1 to 15 with a valid wire type, in one byte.
    if (byte < 0x80 && byte >= 8 && this.position < this.end && (byte & 7) <= 2) {
      this.position++;
      return byte;
    }
    return this.#longTag();
  }

  #longTag(): number {
    const start = this.position;
    this.#varint();
    const fieldNumber =
      (asUint32[high] as number) > 0 ? Number.POSITIVE_INFINITY : (asUint32[low] as number) >>> 3;
    if (fieldNumber === 0 || fieldNumber > maxFieldNumber) {
      throw new EnvelopeDecodeError(
        `byte ${start}: expected a field number from 1 to 2^29 - 1, got ${(asUint64[0] as bigint) >> 3n}`,
      );
    }
    return asUint32[low] as number;
  }

  /** Reads a length and checks it against the remaining bytes. */
  length(): number {
    const start = this.position;
    let length = this.bytes[start] as number;
    if (length < 0x80 && start < this.end) {
      this.position = start + 1;
    } else {
      this.#varint();
      length =
        (asUint32[high] as number) > 0 ? Number.POSITIVE_INFINITY : (asUint32[low] as number);
    }
    if (length > this.end - this.position) {
      throw new EnvelopeDecodeError(
        `byte ${start}: expected ${length} bytes to follow, got ${this.end - this.position}`,
      );
    }
    return length;
  }

  /**
   * Reads a message's length and sets `end` to the end of the message. Returns the previous end,
   * which the caller must restore afterwards.
   */
  enter(): number {
    const length = this.length();
    const outerEnd = this.end;
    this.end = this.position + length;
    return outerEnd;
  }

  int64(): bigint {
    this.#varint();
    return asInt64[0] as bigint;
  }

  uint64(): bigint {
    this.#varint();
    return asUint64[0] as bigint;
  }

  /** Reads the lower 32 bits as a signed integer, as for an enum. */
  int32(): number {
    this.#varint();
    return (asUint32[low] as number) | 0;
  }

  double(): number {
    const { bytes, position } = this;
    this.#need(8);
    for (let i = 0; i < 8; i++) {
      asBytes[littleEndian ? i : 7 - i] = bytes[position + i] as number;
    }
    this.position = position + 8;
    return asDouble[0] as number;
  }

  /** Reads length-prefixed bytes as a view of the input, without a copy. */
  view(): Uint8Array {
    const length = this.length();
    const { position } = this;
    this.position = position + length;
    // Equivalent to subarray(), but faster.
    return new Uint8Array(this.#buffer, this.#byteOffset + position, length);
  }

  /** Reads length-prefixed text. Invalid UTF-8 becomes U+FFFD. */
  text(): string {
    const length = this.length();
    const start = this.position;
    this.position = start + length;
    return decodeText(this.bytes, this.dataView, start, start + length);
  }

  /** Skips a field's value and returns its bytes, including its length or group end. */
  skip(tag: number): Uint8Array {
    const start = this.position;
    this.#skipValue(tag);
    return this.bytes.subarray(start, this.position);
  }

  #skipValue(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.#need(8);
        this.position += 8;
        return;
      case 2: {
        const length = this.length();
        this.position += length;
        return;
      }
      case 3:
        this.#skipGroup(tag);
        return;
      case 5:
        this.#need(4);
        this.position += 4;
        return;
      default:
        throw new EnvelopeDecodeError(
          `byte ${this.position}: expected a wire type from 0 to 3 or 5, got ${tag & 7}`,
        );
    }
  }

  /** Groups are obsolete in .proto files, but still valid on the wire. */
  #skipGroup(tag: number): void {
    const open = [tag >>> 3];
    while (open.length > 0) {
      const inner = this.tag();
      if ((inner & 7) === 3) {
        if (open.length > maxGroupDepth) {
          throw new EnvelopeDecodeError(
            `byte ${this.position}: expected at most ${maxGroupDepth} groups within a group`,
          );
        }
        open.push(inner >>> 3);
      } else if ((inner & 7) === 4) {
        const expected = open.pop();
        if (inner >>> 3 !== expected) {
          throw new EnvelopeDecodeError(
            `byte ${this.position}: expected the end of group ${expected}, got that of ${inner >>> 3}`,
          );
        }
      } else {
        this.#skipValue(inner);
      }
    }
  }

  #need(size: number): void {
    if (this.end - this.position < size) {
      throw new EnvelopeDecodeError(
        `byte ${this.position}: expected ${size} bytes to follow, got ${this.end - this.position}`,
      );
    }
  }

  /** Reads a varint of up to 64 bits into the cell. */
  #varint(): void {
    if (!this.#timestamp()) {
      this.#anyVarint();
    }
  }

  /** Reads a varint of nine bytes, the length of current times. Returns false for any other. */
  #timestamp(): boolean {
    const { position, dataView } = this;
    if (position + 9 > this.end) {
      return false;
    }
    const first = dataView.getInt32(position, true);
    const second = dataView.getInt32(position + 4, true);
    const last = dataView.getUint8(position + 8);
    if ((first & second & continued) !== continued || last > 0x7f) {
      return false;
    }
    const middle = groups(second);
    asUint32[low] = groups(first) | (middle << 28);
    asUint32[high] = (middle >>> 4) | (last << 24);
    this.position = position + 9;
    return true;
  }

  #anyVarint(): void {
    const { bytes, end } = this;
    let position = this.position;
    let lower = 0;
    let upper = 0;
    for (let shift = 0; ; shift += 7) {
      if (position >= end) {
        throw new EnvelopeDecodeError(
          `byte ${position}: expected the rest of a varint, got the end`,
        );
      }
      const byte = bytes[position++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) {
        lower |= bits << shift;
      } else if (shift === 28) {
        lower |= bits << 28;
        upper = bits >>> 4;
      } else {
        upper |= bits << (shift - 32);
      }
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) {
          break;
        }
        asUint32[low] = lower;
        asUint32[high] = upper;
        this.position = position;
        return;
      }
      if (shift === 63) {
        break;
      }
    }
    throw new EnvelopeDecodeError(`byte ${this.position}: expected a varint of 64 bits, got more`);
  }
}

/** The highest bit of each of four bytes, which is set if the varint continues. */
const continued = 0x80808080 | 0;

/** Combines the lower seven bits of each of four bytes. */
function groups(bytes: number): number {
  return (
    (bytes & 0x7f) |
    ((bytes >>> 1) & 0x3f80) |
    ((bytes >>> 2) & 0x1f_c000) |
    ((bytes >>> 3) & 0xfe0_0000)
  );
}
