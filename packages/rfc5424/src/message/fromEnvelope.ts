import { checkOptionNames } from "../checkOptions.js";
import type { Message, StructuredData } from "./message.js";
import { Facility, Severity } from "./priority.js";

/** The fields of an envelope that `fromEnvelope` reads, declared without `@loggregator/api`. */
export interface DrainEnvelope {
  /** UNIX nanoseconds. */
  readonly timestamp: bigint;
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: { readonly [name: string]: string };
  readonly message:
    | {
        readonly $case: "log";
        /** Type 0 is stdout, 1 is stderr. */
        readonly value: { readonly payload: Uint8Array; readonly type: number };
      }
    | {
        readonly $case: "counter";
        readonly value: { readonly name: string; readonly delta: bigint; readonly total: bigint };
      }
    | {
        readonly $case: "gauge";
        readonly value: {
          readonly metrics: {
            readonly [name: string]: { readonly unit: string; readonly value: number };
          };
        };
      }
    | {
        readonly $case: "timer";
        readonly value: { readonly name: string; readonly start: bigint; readonly stop: bigint };
      }
    | { readonly $case: "event"; readonly value: { readonly title: string; readonly body: string } }
    | undefined;
}

/** Options of `fromEnvelope`. */
export interface FromEnvelopeOptions {
  /**
   * The HOSTNAME of envelopes without the tags `organization_name`, `space_name` and `app_name`.
   * The syslog agent uses the name of its machine.
   *
   * @default ""
   */
  readonly hostname?: string | undefined;
  /**
   * If true, `tags@47450` is omitted, as by a drain with `?disable-metadata=true`.
   *
   * @default false
   */
  readonly omitTags?: boolean | undefined;
}

const optionNames = ["hostname", "omitTags"];

/**
 * Returns the messages that a Cloud Foundry syslog drain sends for an envelope: one per metric of a
 * gauge (sorted by name), none for an envelope without a message, and one for any other.
 *
 * HOSTNAME is `organization.space.app` from the tags, APP-NAME the source id. PROCID is
 * `[SOURCE_TYPE/instance]` for a log, from its tag `source_type`, and `[instance]` for other types.
 * A log has priority 14 for stdout and 11 for stderr, and its payload as MSG, without NUL bytes and
 * with a newline at its end. Other types have priority 14, their values as structured data under
 * `counter@47450`, `gauge@47450`, `timer@47450` or `event@47450`, and a newline as MSG. Tags follow
 * as `tags@47450`, sorted by name; `deprecatedTags` are not sent. Values are not checked: for
 * example, `marshal` rejects a tag whose name contains a space. The agent drops such an envelope.
 *
 * Source: the syslog agent of github.com/cloudfoundry/loggregator-agent-release, 2026
 * (`src/pkg/egress/syslog` and its tests). 47450 is Cloud Foundry's IANA enterprise number.
 *
 * @throws TypeError for an unknown option.
 */
export function fromEnvelope(
  envelope: DrainEnvelope,
  options: FromEnvelopeOptions = {},
): Message[] {
  checkOptionNames(options, optionNames);
  const { hostname = "", omitTags = false } = options;
  const { message, tags, instanceId } = envelope;
  if (message === undefined) {
    return [];
  }
  const common = {
    timestamp: envelope.timestamp,
    offsetMinutes: 0,
    useUtc: false,
    hostname: hostnameFromTags(tags) ?? hostname,
    appName: envelope.sourceId,
    messageId: "",
  };
  const metric = (id: string, parameters: StructuredData["parameters"]): Message => ({
    ...common,
    priority: Facility.User | Severity.Info,
    processId: `[${instanceId}]`,
    structuredData: [{ id, parameters }, ...tagElements(tags, omitTags)],
    message: Uint8Array.of(newline),
  });

  switch (message.$case) {
    case "log":
      return [
        {
          ...common,
          priority: logPriority(message.value.type),
          processId: logProcessId(tags["source_type"] ?? "", instanceId),
          structuredData: tagElements(tags, omitTags),
          message: logLine(message.value.payload),
        },
      ];
    case "counter": {
      const { name, total, delta } = message.value;
      return [
        metric("counter@47450", [
          ["name", name],
          ["total", String(total)],
          ["delta", String(delta)],
        ]),
      ];
    }
    case "gauge":
      return sortedEntries(message.value.metrics).map(([name, { value, unit }]) =>
        metric("gauge@47450", [
          ["name", name],
          ["value", formatDouble(value)],
          ["unit", unit],
        ]),
      );
    case "timer": {
      const { name, start, stop } = message.value;
      return [
        metric("timer@47450", [
          ["name", name],
          ["start", String(start)],
          ["stop", String(stop)],
        ]),
      ];
    }
    case "event": {
      const { title, body } = message.value;
      return [
        metric("event@47450", [
          ["title", title],
          ["body", body],
        ]),
      ];
    }
  }
}

const newline = 0x0a;

/** Returns the priority of a log. As in the syslog agent, it is -1 for an unknown type. */
function logPriority(type: number): number {
  if (type === 0) {
    return Facility.User | Severity.Info;
  }
  return type === 1 ? Facility.User | Severity.Error : -1;
}

function hostnameFromTags(tags: DrainEnvelope["tags"]): string | undefined {
  const names = [tags["organization_name"], tags["space_name"], tags["app_name"]];
  if (names.every((name) => name === undefined)) {
    return undefined;
  }
  return names
    .map((name) => trimDashes(dashed(name ?? "").replace(/[^-a-zA-Z0-9]/g, "")).slice(0, 63))
    .join(".");
}

/** Returns at most 128 characters: the instance is truncated to a GUID's length, then the type. */
function logProcessId(sourceType: string, instanceId: string): string {
  const type = trimDashes(dashed(sourceType).replace(/[^!-~]/g, "")).toUpperCase();
  if (instanceId === "") {
    return `[${type.slice(0, 126)}]`;
  }
  const instance = type.length + instanceId.length > 125 ? instanceId.slice(0, 36) : instanceId;
  return `[${type.slice(0, 125 - instance.length)}/${instance}]`;
}

function dashed(name: string): string {
  return name.replace(/[\t\n\f\r ]+/g, "-");
}

/** Removes trailing dashes. The regular expression /-+$/ would take quadratic time. */
function trimDashes(name: string): string {
  let end = name.length;
  while (name[end - 1] === "-") {
    end--;
  }
  return name.slice(0, end);
}

function logLine(payload: Uint8Array): Uint8Array {
  const line = new Uint8Array(payload.length + 1);
  let length = 0;
  for (const byte of payload) {
    if (byte !== 0) {
      line[length++] = byte;
    }
  }
  if (line[length - 1] !== newline) {
    line[length++] = newline;
  }
  return length === line.length ? line : line.slice(0, length);
}

function tagElements(tags: DrainEnvelope["tags"], omit: boolean): StructuredData[] {
  const parameters = omit ? [] : sortedEntries(tags);
  return parameters.length === 0 ? [] : [{ id: "tags@47450", parameters }];
}

function sortedEntries<T>(record: { readonly [name: string]: T }): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Formats a double with the fewest digits that identify it, like C's %g: 0.25, 1e+06, +Inf. */
function formatDouble(value: number): string {
  if (value === Number.POSITIVE_INFINITY) {
    return "+Inf";
  }
  if (value === Number.NEGATIVE_INFINITY) {
    return "-Inf";
  }
  if (Object.is(value, -0)) {
    return "-0";
  }
  const [digits = "", exponent = 0] = value.toExponential().split("e");
  const power = Number(exponent);
  if (!(power < -4 || power > 5)) {
    return String(value);
  }
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
