import type { Command, Option } from "commander";
import { UsageError } from "../errors.js";

const prefix = "NOZZLE_";

/** The variables of options that other commands have as well. */
const shared: Readonly<Record<string, string>> = {
  gateway: "LOGGREGATOR_GATEWAY_URL",
  egress: "LOGGREGATOR_EGRESS_ADDRESS",
  token: "CF_TOKEN",
  profile: "LOGGREGATOR_PROFILE",
  ca: "LOGGREGATOR_CA_PATH",
  cert: "LOGGREGATOR_CERT_PATH",
  key: "LOGGREGATOR_KEY_PATH",
};

/** Options that may be repeated. In a variable, values are separated by commas. */
const repeated = new Set(["sourceId", "instance", "name", "app", "label", "sendTokenTo"]);

/** Options with pairs. A comma separates two only where a name and = follow. */
const pairs = new Set(["tag", "header"]);

/** Returns the variable that sets an option: `NOZZLE_SHARD_ID` for `--shard-id`. */
export function variableOf(option: Option): string {
  const name = option.attributeName();
  return (
    shared[name] ?? `${prefix}${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
  );
}

/** Adds the variable of each option to its description. */
export function describeVariables(command: Command): Command {
  for (const option of command.options) {
    if (option.envVar === undefined && shared[option.attributeName()] === undefined) {
      option.description += ` (env: ${variableOf(option)})`;
    }
  }
  return command;
}

/**
 * Sets options that the command line leaves out from their variables. Empty ones count as unset.
 *
 * @throws UsageError for an invalid value, with the name of the variable.
 */
export function applyVariables(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const variable = variableOf(option);
    const text = process.env[variable]?.trim();
    const source = command.getOptionValueSource(name);
    if (!text || shared[name] !== undefined || (source !== undefined && source !== "default")) {
      continue;
    }
    command.setOptionValueWithSource(name, parsed(option, variable, text), "env");
  }
}

function parsed(option: Option, variable: string, text: string): unknown {
  if (option.isBoolean()) {
    return flag(variable, text);
  }
  const { parseArg } = option;
  if (parseArg === undefined) {
    return text;
  }
  let value: unknown;
  try {
    for (const part of partsOf(option.attributeName(), text)) {
      value = parseArg(part, value as never);
    }
    return value;
  } catch (error) {
    throw error instanceof UsageError
      ? new UsageError(`${variable}: ${error.message}`, { cause: error })
      : error;
  }
}

function partsOf(name: string, text: string): string[] {
  if (repeated.has(name)) {
    return text.split(",");
  }
  return pairs.has(name) ? text.split(/,(?=[^,=]+=)/) : [text];
}

function flag(variable: string, text: string): boolean | undefined {
  if (/^(?:true|1|yes)$/i.test(text)) {
    return true;
  }
  if (/^(?:false|0|no)$/i.test(text)) {
    return undefined;
  }
  throw new UsageError(`${variable} must be true or false, got ${JSON.stringify(text)}`);
}
