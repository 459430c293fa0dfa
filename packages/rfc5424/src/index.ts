export { MarshalError, UnmarshalError, type UnmarshalProperty } from "./errors.js";
export {
  type DrainEnvelope,
  type FromEnvelopeOptions,
  fromEnvelope,
} from "./message/fromEnvelope.js";
export { marshal } from "./message/marshal.js";
export {
  addDatum,
  type Message,
  type MessageInit,
  type StructuredData,
} from "./message/message.js";
export { Facility, Severity } from "./message/priority.js";
export { unmarshal } from "./message/unmarshal.js";
export type { Chunks, StreamPair } from "./stream/isIterable.js";
export { MessageReader } from "./stream/messageReader.js";
export { readFrom } from "./stream/readFrom.js";
export type { Framing, ReadFromOptions } from "./stream/readOptions.js";
export { type WriteToOptions, writeTo } from "./stream/writeTo.js";
