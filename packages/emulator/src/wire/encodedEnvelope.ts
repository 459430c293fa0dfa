/** An envelope as it is buffered for readers: encoded, and shared by all of them. */
export interface EncodedEnvelope {
  readonly bytes: Uint8Array;
  /** Whether it has any deprecated tags. */
  readonly hasDeprecatedTags: boolean;
  /** Whether it has any tags. */
  readonly hasTags: boolean;
}

/** About what an envelope occupies beside its bytes. */
const overheadBytes = 160;

/** The memory that a buffered envelope occupies, in bytes. */
export function memoryOf({ bytes }: EncodedEnvelope): number {
  return bytes.length + overheadBytes;
}
