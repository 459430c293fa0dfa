import { decodeEnvelopeBatch, type Envelope } from "@loggregator/api";
import { drainVectors } from "@loggregator/testing/drain-vectors";

const fromBase64 = (text: string) => Buffer.from(text, "base64");

export const envelopes: readonly Envelope[] = drainVectors.envelopes.flatMap(
  (hex) => decodeEnvelopeBatch(Buffer.from(hex, "hex")).batch,
);
export const httpsRequests = drainVectors.https;
export const httpsBodies = drainVectors.https.map(({ body }) => fromBase64(body));
export const httpsBatchRequests = drainVectors.httpsBatch;
export const httpsBatchBodies = drainVectors.httpsBatch.map(({ body }) => fromBase64(body));
export const syslogTlsBytes = Buffer.concat(drainVectors.syslogTls.map(fromBase64));

/**
 * The envelopes as a drain transfers them: truncated, and with a separate gauge for each metric.
 */
export const carried: readonly Envelope[] = envelopes.flatMap((envelope) => {
  const common = {
    ...envelope,
    timestamp: envelope.timestamp - (envelope.timestamp % 1000n),
    sourceId: envelope.sourceId.slice(0, 48),
    deprecatedTags: {},
  };
  const { message } = envelope;
  if (message?.$case === "gauge") {
    return Object.entries(message.value.metrics).map(([name, metric]) => ({
      ...common,
      message: { $case: "gauge" as const, value: { metrics: { [name]: metric } } },
    }));
  }
  if (message?.$case === "log") {
    const payload = Buffer.from(message.value.payload.filter((byte) => byte !== 0));
    const end = payload.at(-1) === 0x0a ? payload.length - 1 : payload.length;
    const value = { ...message.value, payload: payload.subarray(0, end) };
    return [{ ...common, message: { $case: "log" as const, value } }];
  }
  return message === undefined ? [] : [common];
});

/** Returns envelopes as sorted text, independent of the order of metrics. */
export function sorted(all: readonly Envelope[]): string[] {
  return all
    .map(({ timestamp, sourceId, instanceId, tags, deprecatedTags, message }) => {
      const value =
        message?.$case === "log"
          ? { ...message.value, payload: Buffer.from(message.value.payload).toString("latin1") }
          : message?.value;
      const names = Object.keys(tags).sort();
      return JSON.stringify(
        [
          timestamp,
          sourceId,
          instanceId,
          deprecatedTags,
          names,
          names.map((name) => tags[name]),
        ].concat([message?.$case, Object.entries(value ?? {}).sort()] as never),
        (_, member) =>
          typeof member === "bigint" || typeof member === "number"
            ? `${Object.is(member, -0) ? "-" : ""}${member}`
            : member,
      );
    })
    .sort();
}
