const retryInfoType = "type.googleapis.com/google.rpc.RetryInfo";

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** Encodes a `google.rpc.Status`, with a `RetryInfo` among its details if a delay is requested. */
export function encodeRpcStatus({ code, message, retryAfterMs }: RpcStatus): Buffer {
  const status = [varint(1, code), bytes(2, Buffer.from(message))];
  if (retryAfterMs !== undefined) {
    const nanos = Math.round((retryAfterMs % 1000) * 1e6);
    const delay = [varint(1, Math.floor(retryAfterMs / 1000)), varint(2, nanos)];
    const info = bytes(1, Buffer.concat(delay));
    status.push(bytes(3, Buffer.concat([bytes(1, Buffer.from(retryInfoType)), bytes(2, info)])));
  }
  return Buffer.concat(status);
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([encodeVarint((field << 3) | 2), encodeVarint(value.length), value]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([encodeVarint(field << 3), encodeVarint(value)]);
}

function encodeVarint(value: number): Buffer {
  const encoded: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) {
    encoded.push((rest % 128) | 128);
  }
  return Buffer.from([...encoded, rest]);
}
