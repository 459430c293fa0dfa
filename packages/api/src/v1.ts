export {
  type DeepPartial,
  Envelope_EventType,
  LogMessage_MessageType,
  type MessageFns,
  Method,
  PeerType,
} from "./gen/events/events.js";
export { type ContainerValues, containerMetric, instanceIndex } from "./v1/containerMetric.js";
export { decodeEvent } from "./v1/decodeEvent.js";
export { encodeEvent } from "./v1/encodeEvent.js";
export { EventWriter } from "./v1/eventWriter.js";
export {
  ContainerMetric,
  CounterEvent,
  Envelope,
  EventError as Error,
  HttpStartStop,
  LogMessage,
  UUID,
  ValueMetric,
} from "./v1/messages.js";
