import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type KeyValue, LogRecord, NumberDataPoint } from "../messages.js";
import { dataPoint, logRecord } from "./otlpValues.js";

/** The encodings of attributes in each kind of record, whose fields have different numbers. */
interface Encodings {
  logRecord?: Uint8Array;
  dataPoint?: Uint8Array;
}

const encodings = new WeakMap<readonly KeyValue[], Encodings>();

/** Attributes of many records, which are encoded once. They must not change afterwards. */
export function shareAttributes(attributes: KeyValue[]): KeyValue[] {
  encodings.set(attributes, {});
  return attributes;
}

const none: KeyValue[] = [];

/** Writes a log record. Shared attributes come last, as fields may be in any order. */
export function encodeLogRecord(record: LogRecord, writer: BinaryWriter): void {
  const { attributes } = record;
  const encoded = encodings.get(attributes);
  if (encoded === undefined) {
    LogRecord.encode(record, writer);
    return;
  }
  encoded.logRecord ??= LogRecord.encode(logRecord({ attributes })).finish();
  LogRecord.encode({ ...record, attributes: none }, writer).raw(encoded.logRecord);
}

/** Writes a data point. Shared attributes come last. */
export function encodeDataPoint(point: NumberDataPoint, writer: BinaryWriter): void {
  const { attributes } = point;
  const encoded = encodings.get(attributes);
  if (encoded === undefined) {
    NumberDataPoint.encode(point, writer);
    return;
  }
  encoded.dataPoint ??= NumberDataPoint.encode(dataPoint({ attributes })).finish();
  NumberDataPoint.encode({ ...point, attributes: none }, writer).raw(encoded.dataPoint);
}
