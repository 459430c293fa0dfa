import { UsageError } from "../../errors.js";
import { expression } from "../../read/textFilter.js";
import type { SourceName } from "../../text/displayName.js";
import type { JsonMode } from "../../text/jsonLog.js";
import type { Output } from "../output.js";
import type { OutputFormat } from "../outputFormats.js";
import { type ColorMode, isColored, paintFor } from "../paint.js";
import type { TimeMode } from "./clock.js";
import { envelopeJson } from "./envelopeJson.js";
import { JsonlPrinter } from "./jsonlPrinter.js";
import type { Printer } from "./printer.js";
import { compileTemplate } from "./template.js";
import { TextPrinter } from "./textPrinter.js";

/** The options of the format of printed envelopes. */
export interface LineOptions {
  readonly output?: OutputFormat | undefined;
  /** Short for `output: "json"`. */
  readonly json?: boolean | undefined;
  readonly template?: string | undefined;
  /** Default: line. */
  readonly jsonLogs?: JsonMode | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly tags?: boolean | undefined;
  readonly grep?: readonly string[] | undefined;
  readonly highlight?: readonly string[] | undefined;
  readonly ignoreCase?: boolean | undefined;
  /** Default: local. */
  readonly time?: TimeMode | undefined;
  /** Default: auto. */
  readonly color?: ColorMode | undefined;
}

/**
 * Creates the printer of the options.
 *
 * @param names The names of apps whose envelopes do not have them as tags, by their source ids.
 * @throws UsageError for options that cannot be combined, and for an invalid template.
 */
export function createPrinter(
  options: LineOptions,
  stdout: Output,
  names?: ReadonlyMap<string, SourceName>,
): Printer {
  switch (formatOf(options)) {
    case "json":
      return { print: (entry) => entry.map((envelope) => `${envelopeJson(envelope)}\n`).join("") };
    case "jsonl":
      return new JsonlPrinter();
    case "template": {
      const format = compileTemplate(options.template ?? "", options.time);
      return { print: (entry) => entry.map((envelope) => `${format(envelope)}\n`).join("") };
    }
    case "text":
      return textPrinter(options, stdout, names);
  }
}

function textPrinter(
  options: LineOptions,
  stdout: Output,
  names: ReadonlyMap<string, SourceName> | undefined,
): Printer {
  const {
    tags,
    time,
    color,
    grep,
    highlight = grep,
    ignoreCase,
    jsonLogs = "line",
    fields,
  } = options;
  return new TextPrinter({
    paint: isColored(process.stdout, color) ? paintFor(process.stdout, color) : undefined,
    columns: stdout.isTerminal ? stdout.size.columns : undefined,
    tags,
    names,
    time,
    jsonLogs,
    fields,
    highlight: expression(highlight, ignoreCase),
  });
}

function formatOf(options: LineOptions): OutputFormat {
  const { output, json, template, fields, jsonLogs } = options;
  const chosen = output ?? (json ? "json" : template === undefined ? "text" : "template");
  if (json && chosen !== "json") {
    throw new UsageError(`--json and --output ${chosen} cannot be combined; remove one of them`);
  }
  if (template !== undefined && chosen !== "template") {
    throw new UsageError(`--template needs --output template, and not ${chosen}`);
  }
  if (template === undefined && chosen === "template") {
    throw new UsageError(
      `--output template needs a template, such as --template "{time} {source} {text}"`,
    );
  }
  refuseTextOptions(options, chosen);
  if (fields !== undefined && jsonLogs !== undefined) {
    throw new UsageError("--fields and --json-logs cannot be combined; remove one of them");
  }
  return chosen;
}

/** @throws UsageError for an option without effect in this format. */
function refuseTextOptions(options: LineOptions, format: OutputFormat): void {
  if (format === "text") {
    return;
  }
  const { fields, jsonLogs, tags, highlight, color, time } = options;
  const given = {
    "--fields": fields,
    "--json-logs": jsonLogs,
    "--tags": tags,
    "--highlight": highlight,
    "--color": color,
    "--time": format === "template" ? undefined : time,
  };
  const wrong = Object.entries(given).find(([, value]) => value !== undefined);
  if (wrong !== undefined) {
    throw new UsageError(`${wrong[0]} applies to text output, not to ${format}; remove it`);
  }
}
