export * from "./gen/events/events.js";
export { type ContainerValues, containerMetric, instanceIndex } from "./v1/containerMetric.js";
export { decodeEvent } from "./v1/decodeEvent.js";
export { encodeEvent } from "./v1/encodeEvent.js";
export { Envelope } from "./v1/envelope.js";
export { EventWriter } from "./v1/eventWriter.js";
