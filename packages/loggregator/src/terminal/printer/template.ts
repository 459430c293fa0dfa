import { type Envelope, formatEnvelope, Log_Type } from "@loggregator/api";
import { closestName } from "@loggregator/core";
import { UsageError } from "../../errors.js";
import { stripColors } from "../../text/colors.js";
import { appOf, displayName } from "../../text/displayName.js";
import { lineOf } from "../../text/envelopeText.js";
import { escapeControls } from "../../text/escapeControls.js";
import { isoTime } from "../../text/isoTime.js";
import { fieldOf, fieldText, jsonObject } from "../../text/jsonObject.js";
import { levelOf } from "../../text/level.js";
import { padEnd } from "../textWidth.js";
import { clockFor, type TimeMode } from "./clock.js";

/** The placeholders of templates. */
const values: Readonly<Record<string, (envelope: Envelope) => string>> = {
  iso: ({ timestamp }) => isoTime(timestamp),
  source: displayName,
  sourceId: ({ sourceId }) => sourceId,
  instance: ({ instanceId }) => instanceId,
  app: (envelope) => appOf(envelope) ?? "",
  space: ({ tags }) => tags["space_name"] ?? "",
  org: ({ tags }) => tags["organization_name"] ?? "",
  type: ({ message }) => message?.$case ?? "",
  stream: ({ message }) =>
    message?.$case !== "log" ? "" : message.value.type === Log_Type.ERR ? "stderr" : "stdout",
  level: (envelope) => (isLog(envelope) ? (levelOf(lineOf(envelope).text) ?? "") : ""),
  name: (envelope) => lineOf(envelope).name,
  text: (envelope) => textOf(envelope),
  json: (envelope) => formatEnvelope(envelope, { emitUnpopulated: true }),
};

/** The names of the placeholders, for help texts. */
export const placeholders = ["time", ...Object.keys(values), "tags.NAME", "fields.PATH"];

type Part = (envelope: Envelope) => string;

/**
 * Compiles a template for envelopes: `{time} {source:24} {text}`.
 *
 * `{name}` is replaced by a value, `{name:24}` also padded to a width. `{tags.NAME}` is a tag, and
 * `{fields.PATH}` a field of a JSON log. `\n` and `\t` are a line end and a tab; `{{` and `}}` are
 * braces. Control characters of envelopes are escaped.
 *
 * @param time The format of `{time}`. Default: local.
 * @throws UsageError for an unknown placeholder, for an unmatched brace, and for a
 *   format of times in a template without `{time}`.
 */
export function compileTemplate(template: string, time?: TimeMode): (envelope: Envelope) => string {
  if (time !== undefined && !/\{time(?::\d+)?\}/.test(template)) {
    throw new UsageError("--time has no effect on a template without {time}; remove it");
  }
  const clock = clockFor(time ?? "local");
  const readTime: Part = ({ timestamp }) => clock?.read(timestamp).time ?? "";
  const parts: Part[] = [];
  const token = /\{\{|\}\}|\\[nt\\]|\{([^{}]*)\}|[{}]|[^{}\\]+|\\/g;
  for (const [text, placeholder] of template.matchAll(token)) {
    if (placeholder !== undefined) {
      parts.push(placeholderPart(placeholder, readTime));
    } else if (text === "{" || text === "}") {
      throw new UsageError(
        `--template has an unmatched "${text}"; write a literal brace as "${text}${text}"`,
      );
    } else {
      const constant = escapes[text] ?? text;
      parts.push(() => constant);
    }
  }
  return (envelope) => parts.map((part) => part(envelope)).join("");
}

const escapes: Readonly<Record<string, string>> = {
  "{{": "{",
  "}}": "}",
  "\\n": "\n",
  "\\t": "\t",
  "\\\\": "\\",
};

function placeholderPart(placeholder: string, readTime: Part): Part {
  const [, name = "", width] = /^(.*?)(?::(\d{1,3}))?$/.exec(placeholder) ?? [];
  const read = name === "time" ? readTime : readerOf(name);
  const columns = Number(width ?? 0);
  return (envelope) => padEnd(escapeControls(read(envelope)), columns);
}

function readerOf(name: string): Part {
  const known = Object.hasOwn(values, name) ? values[name] : undefined;
  if (known !== undefined) {
    return known;
  }
  if (name.startsWith("tags.") && name !== "tags.") {
    const tag = name.slice("tags.".length);
    return ({ tags }) => (Object.hasOwn(tags, tag) ? (tags[tag] ?? "") : "");
  }
  if (name.startsWith("fields.") && name !== "fields.") {
    const path = name.slice("fields.".length);
    return (envelope) => {
      const fields = isLog(envelope) ? jsonObject(textOf(envelope)) : undefined;
      return fields === undefined ? "" : fieldText(fieldOf(fields, path));
    };
  }
  const closest = closestName(name, ["time", ...Object.keys(values)]);
  const hint =
    closest === undefined ? `use ${placeholders.join(", ")}` : `did you mean {${closest}}?`;
  throw new UsageError(`--template has an unknown placeholder {${name.slice(0, 40)}}; ${hint}`);
}

function isLog({ message }: Envelope): boolean {
  return message?.$case === "log";
}

function textOf(envelope: Envelope): string {
  return stripColors(lineOf(envelope).text);
}
