import { stripColors } from "./colors.js";
import { jsonObject } from "./jsonObject.js";

/** The levels of log lines, in ascending order of severity. */
export const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

export type Level = (typeof levels)[number];

/** Returns the level of a name as loggers write it: `WARNING`, `dbug`, `crit`. */
export function levelNamed(name: string): Level | undefined {
  return levelNames.get(name.toLowerCase());
}

/** Returns whether a level is at least as severe as another one. */
export function isAtLeast(level: Level | undefined, least: Level): boolean {
  return level !== undefined && levels.indexOf(level) >= levels.indexOf(least);
}

/**
 * Detects the level of a log line. JSON lines have it in one of the usual fields (`level`,
 * `severity`, `levelname`, …) as a name, a number of pino and bunyan (10 to 60), a syslog severity
 * (0 to 7), or a `log_level` of lager. In text, it is a `level=` pair, the letter of klog, a name at
 * the start of the line or after a time, a name in brackets, or a name in upper case. The first line
 * of an uncaught exception is an error. Colours are ignored.
 *
 * Only the first 200 characters of text are searched.
 */
export function levelOf(line: string): Level | undefined {
  const text = stripColors(line);
  const fields = jsonObject(text);
  return fields === undefined ? levelOfText(text.slice(0, 200)) : levelOfFields(fields);
}

const levelNames: ReadonlyMap<string, Level> = new Map(
  Object.entries({
    trace: ["trace", "trc", "trce", "verbose", "silly", "finest"],
    debug: ["debug", "dbg", "dbug", "fine"],
    info: ["info", "inf", "information", "informational", "notice"],
    warn: ["warn", "warning", "wrn"],
    error: ["error", "err", "fail", "severe"],
    fatal: ["fatal", "ftl", "critical", "crit", "panic", "alert", "emerg", "emergency"],
  } satisfies Record<Level, string[]>).flatMap(([level, names]) =>
    names.map((name) => [name, level as Level]),
  ),
);

const fieldNames = [
  "level",
  "severity",
  "levelname",
  "log.level",
  "lvl",
  "loglevel",
  "log_level",
  "severity_text",
  "severityText",
  "Level",
  "LogLevel",
  "@l",
];

function levelOfFields(fields: Readonly<Record<string, unknown>>): Level | undefined {
  for (const name of fieldNames) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const level =
      typeof value === "number"
        ? levelNumbered(name, value)
        : typeof value === "string"
          ? levelNamed(value)
          : undefined;
    if (level !== undefined) {
      return level;
    }
  }
  const log = Object.hasOwn(fields, "log") ? fields["log"] : undefined;
  // Elastic Common Schema as nested objects: {"log":{"level":"info"}}.
  const nested = typeof log === "object" && log !== null && "level" in log ? log.level : undefined;
  return typeof nested === "string" ? levelNamed(nested) : undefined;
}

const lagerLevels: readonly Level[] = ["debug", "info", "error", "fatal"];
const syslogLevels: readonly Level[] = [
  ...(["fatal", "fatal", "fatal", "error"] as const),
  ...(["warn", "info", "info", "debug"] as const),
];

function levelNumbered(field: string, value: number): Level | undefined {
  if (field === "log_level") {
    return lagerLevels[value];
  }
  if (value < 8) {
    return syslogLevels[value];
  }
  return levels[Math.min(Math.max(Math.floor(value / 10), 1), levels.length) - 1];
}

const klogLevels: Readonly<Record<string, Level>> = {
  I: "info",
  W: "warn",
  E: "error",
  F: "fatal",
};

const names = [...levelNames.keys()].sort((a, b) => b.length - a.length).join("|");

// Each has bounded repetitions only, so the time is linear.
const klog = /^([IWEF])\d{4} \d\d:\d\d:/;
const pair = new RegExp(
  `(?:^|[\\s,{])(?:level|lvl|severity|log_?level)\\s?[=:]\\s?"?(${names})\\b`,
  "i",
);
const leading = new RegExp(
  `^[\\d\\s:.,TZ+/-]{0,40}[[(<|]?(${names})(?:[\\])>|:]|\\s{1,3}[:|-])`,
  "i",
);
const capital = new RegExp(`(?<![\\w./-])(${names.toUpperCase()})(?![\\w/=])`);
const bracketed = new RegExp(`[[<(|](?:\\w{1,20}:)?(${names})[\\]>)|]`, "i");

const exception =
  /^(?:Traceback \(most recent call last\):|Exception in thread |Unhandled exception|(?:Uncaught )?[A-Za-z_][\w.$]{0,150}(?:Error|Exception)(?::|$))/;

function levelOfText(text: string): Level | undefined {
  const letter = klog.exec(text)?.[1];
  if (letter !== undefined) {
    return klogLevels[letter];
  }
  for (const pattern of [pair, leading, bracketed, capital]) {
    const name = pattern.exec(text)?.[1];
    if (name !== undefined) {
      return levelNamed(name);
    }
  }
  return exception.test(text) ? "error" : undefined;
}
