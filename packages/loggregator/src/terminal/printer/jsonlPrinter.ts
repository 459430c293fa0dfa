import { type Envelope, type GaugeValue, Log_Type } from "@loggregator/api";
import type { Entry } from "../../read/entries/entryJoiner.js";
import { appOf } from "../../text/displayName.js";
import { lineOf } from "../../text/envelopeText.js";
import { escapeControlsInJson } from "../../text/escapeControls.js";
import { isoTime } from "../../text/isoTime.js";
import { levelOf } from "../../text/level.js";
import type { Printer } from "./printer.js";

/** Prints each envelope as one line of JSON for other programs, with decoded text and ISO times. */
export class JsonlPrinter implements Printer {
  print(entry: Entry): string {
    return entry.map((envelope) => `${envelopeJsonl(envelope)}\n`).join("");
  }
}

function envelopeJsonl(envelope: Envelope): string {
  const { timestamp, sourceId, instanceId, tags, message } = envelope;
  const members: Member[] = [
    ["time", isoTime(timestamp)],
    ["type", message?.$case ?? null],
    ["source_id", sourceId],
    ["instance_id", instanceId],
    ["app", appOf(envelope)],
    ["space", tags["space_name"]],
    ["org", tags["organization_name"]],
    ...messageMembers(envelope),
    ["tags", tags],
  ];
  return escapeControlsInJson(objectJson(members));
}

/** A value of undefined leaves the member out. A bigint is written with all its digits. */
type Member = readonly [name: string, value: unknown];

function objectJson(members: readonly Member[]): string {
  const texts = members.flatMap(([name, value]) =>
    value === undefined
      ? []
      : `${JSON.stringify(name)}:${typeof value === "bigint" ? value : JSON.stringify(value)}`,
  );
  return `{${texts.join(",")}}`;
}

function messageMembers(envelope: Envelope): Member[] {
  const { message } = envelope;
  switch (message?.$case) {
    case "log": {
      const text = lineOf(envelope).text;
      return [
        ["stream", message.value.type === Log_Type.ERR ? "stderr" : "stdout"],
        ["level", levelOf(text)],
        ["text", text],
      ];
    }
    case "counter":
      return [
        ["name", message.value.name],
        ["delta", message.value.delta],
        ["total", message.value.total],
      ];
    case "gauge":
      return [["metrics", Object.fromEntries(Object.entries(message.value.metrics).map(metric))]];
    case "timer": {
      const { name, start, stop } = message.value;
      return [
        ["name", name],
        ["start", isoTime(start)],
        ["stop", isoTime(stop)],
        ["duration_ms", Number(stop - start) / 1e6],
      ];
    }
    case "event":
      return [
        ["title", message.value.title],
        ["text", message.value.body],
      ];
    default:
      return [];
  }
}

/** JSON has no number for NaN and infinities; the gateway writes them as text as well. */
function metric([name, { value, unit }]: [string, GaugeValue]): [string, unknown] {
  return [name, { value: Number.isFinite(value) ? value : String(value), unit }];
}
