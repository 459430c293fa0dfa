import { BinaryReader } from "@bufbuild/protobuf/wire";

const retryInfoType = "type.googleapis.com/google.rpc.RetryInfo";

/**
 * Returns the delay of a `google.rpc.RetryInfo` in milliseconds, from the trailer
 * `grpc-status-details-bin`: a `google.rpc.Status` whose details are messages with their types. Undefined
 * if there is none, or if it is malformed.
 */
export function retryInfoMs(details: Uint8Array | undefined): number | undefined {
  if (details === undefined) {
    return undefined;
  }
  try {
    for (const any of fields(details, 3)) {
      const [type] = fields(any, 1);
      const [value] = fields(any, 2);
      if (type !== undefined && new TextDecoder().decode(type) === retryInfoType) {
        const [duration] = fields(value ?? new Uint8Array(), 1);
        return durationMs(duration ?? new Uint8Array());
      }
    }
  } catch {
    // Malformed details are ignored.
  }
  return undefined;
}

/** Returns the length-delimited fields with this number. */
function fields(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === wanted && type === 2) {
      found.push(reader.bytes());
    } else {
      reader.skip(type, number);
    }
  }
  return found;
}

function durationMs(duration: Uint8Array): number {
  let seconds = 0;
  let nanos = 0;
  const reader = new BinaryReader(duration);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === 1 && type === 0) {
      seconds = Number(reader.int64());
    } else if (number === 2 && type === 0) {
      nanos = reader.int32();
    } else {
      reader.skip(type, number);
    }
  }
  return Math.max(0, seconds * 1_000 + nanos / 1e6);
}
