import { fieldOf, fieldText, jsonObject } from "./jsonObject.js";

/** How log lines that are JSON objects are shown. */
export const jsonModes = ["line", "pretty", "raw"] as const;

export type JsonMode = (typeof jsonModes)[number];

/** A number with more digits than `JSON.parse` keeps. */
const exactNumber = /[:[,]\s?-?[\d.]{17}/;

const levelFields = ["level", "severity", "levelname", "log.level", "lvl", "log_level", "@l"];
const messageFields = ["msg", "message", "@m", "event", "short_message"];

/**
 * A log line that is a JSON object, for people. Others are returned unchanged, and, without `paths`,
 * also those with a number that would be rounded.
 *
 * - `line`: the level and the message first, then the other fields as `name=value`.
 * - `pretty`: indented, on several lines.
 * - `raw`: unchanged.
 *
 * @param paths If given, only the values of these fields, in this order.
 */
export function jsonLogText(text: string, mode: JsonMode, paths?: readonly string[]): string {
  if (mode === "raw" && paths === undefined) {
    return text;
  }
  const fields = jsonObject(text);
  if (fields === undefined) {
    return text;
  }
  if (paths !== undefined) {
    return paths
      .map((path) => fieldOf(fields, path))
      .filter((value) => value !== undefined)
      .map(fieldText)
      .join(" ");
  }
  if (exactNumber.test(text)) {
    return text;
  }
  return mode === "pretty" ? JSON.stringify(fields, null, 2) : asLine(fields);
}

function asLine(fields: Readonly<Record<string, unknown>>): string {
  const has = (name: string) => Object.hasOwn(fields, name);
  const level = levelFields.find(has);
  const message = messageFields.find((name) => has(name) && typeof fields[name] === "string");
  const first = [level, message].flatMap((name) => (name === undefined ? [] : [name]));
  const others = Object.entries(fields)
    .filter(([name]) => !first.includes(name))
    .map(([name, value]) => `${name}=${fieldValue(value)}`);
  return [...first.map((name) => leadText(name, fields[name])), ...others].join(" ");
}

/** The level or the message. A number of pino is shown by its name, which is easier to read. */
function leadText(name: string, value: unknown): string {
  const isNamed = levelFields.includes(name) && typeof value === "number";
  return isNamed ? (pinoLevels.get(value) ?? `${name}=${value}`) : fieldText(value);
}

const pinoLevels = new Map([
  [10, "TRACE"],
  [20, "DEBUG"],
  [30, "INFO"],
  [40, "WARN"],
  [50, "ERROR"],
  [60, "FATAL"],
]);

/** The value of `name=value`: text in quotes if it has a space, `"` or `=`, or is empty. */
function fieldValue(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value)
    ? value
    : (JSON.stringify(value) ?? "");
}
