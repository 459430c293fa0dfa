import { readFileSync } from "node:fs";
import { decodeEnvelopeBatch, type Envelope } from "@loggregator/api";

/** Recorded from Cloud Foundry's syslog agent, with three drains of the same envelopes. */
interface Drains {
  /** EnvelopeBatch bytes in hex. */
  readonly envelopes: readonly string[];
  readonly https: readonly Recorded[];
  readonly httpsBatch: readonly Recorded[];
  /** The bytes of a connection. */
  readonly syslogTls: readonly string[];
}

interface Recorded {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const drains: Drains = JSON.parse(
  readFileSync(new URL("../vectors/drains.json", import.meta.url), "utf8"),
);

const fromBase64 = (text: string) => Buffer.from(text, "base64");

export const envelopes: readonly Envelope[] = drains.envelopes.flatMap(
  (hex) => decodeEnvelopeBatch(Buffer.from(hex, "hex")).batch,
);
export const httpsRequests = drains.https;
export const httpsBodies = drains.https.map(({ body }) => fromBase64(body));
export const httpsBatchRequests = drains.httpsBatch;
export const httpsBatchBodies = drains.httpsBatch.map(({ body }) => fromBase64(body));
export const syslogTlsBytes = Buffer.concat(drains.syslogTls.map(fromBase64));

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
