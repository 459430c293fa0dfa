import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type KeyValue, LogRecord } from "../messages.js";
import { logRecord } from "./values.js";

const encodings = new WeakMap<readonly KeyValue[], Uint8Array>();

/** Encodes the attributes of many log records once. They must not change afterwards. */
export function shareAttributes(attributes: KeyValue[]): KeyValue[] {
  encodings.set(attributes, LogRecord.encode(logRecord({ attributes })).finish());
  return attributes;
}

const none: KeyValue[] = [];

/** Writes a log record. Shared attributes come last, as fields may be in any order. */
export function encodeLogRecord(record: LogRecord, writer: BinaryWriter): void {
  const encoded = encodings.get(record.attributes);
  if (encoded === undefined) {
    LogRecord.encode(record, writer);
  } else {
    LogRecord.encode({ ...record, attributes: none }, writer).raw(encoded);
  }
}
