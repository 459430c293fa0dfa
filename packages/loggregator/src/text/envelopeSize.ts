import type { Envelope, Value } from "@loggregator/api";

/** Estimates the memory of an envelope in bytes, as an upper bound. */
export function envelopeSize(envelope: Envelope): number {
  const { sourceId, instanceId, tags, deprecatedTags, message } = envelope;
  let size = 500 + 2 * (sourceId.length + instanceId.length);
  for (const name in tags) {
    size += 20 + 2 * (name.length + (tags[name]?.length ?? 0));
  }
  for (const name in deprecatedTags) {
    size += 100 + 2 * name.length + valueSize(deprecatedTags[name]);
  }
  switch (message?.$case) {
    case "log":
      return size + message.value.payload.length;
    case "gauge":
      for (const name in message.value.metrics) {
        size += 100 + 2 * (name.length + (message.value.metrics[name]?.unit.length ?? 0));
      }
      return size;
    case "event":
      return size + 2 * (message.value.title.length + message.value.body.length);
    default:
      return size + 2 * (message?.value.name.length ?? 0);
  }
}

function valueSize(value: Value | undefined): number {
  return value?.data?.$case === "text" ? 2 * value.data.value.length : 0;
}
