import { type Command, Option } from "commander";
import { UsageError } from "../errors.js";
import { collectTag, list, nonEmpty, pattern, rejected } from "../optionValues.js";
import { withTlsOptions } from "../tlsOptions.js";
import { type EnvelopeType, envelopeTypes, type Selection } from "./selection.js";
import type { Say, Source } from "./source.js";

/** The options that all commands that read have: from where, and which envelopes. */
export interface ReadOptions extends Selection {
  readonly gateway?: string | undefined;
  readonly egress?: string | undefined;
  readonly token?: string | undefined;
  readonly sendTokenTo?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly shardId?: string | undefined;
}

/** Adds the options of `ReadOptions`. */
export function withReadOptions(command: Command): Command {
  const source = command
    .optionsGroup("Source:")
    .option(
      "--gateway <url>",
      "an RLP gateway, https://log-stream.<system domain> (env: LOGGREGATOR_GATEWAY_URL)",
    )
    .addOption(
      new Option("--token <token>", 'for the gateway; default: that of "cf oauth-token"').env(
        "CF_TOKEN",
      ),
    )
    .option(
      "--send-token-to <host>",
      "also send the token of cf to this host, which is not of its foundation; may be repeated",
      collectHosts,
    )
    .option(
      "--egress <address>",
      "a Reverse Log Proxy, host:port, with --ca, --cert and --key (env: LOGGREGATOR_EGRESS_ADDRESS)",
    );
  return withTlsOptions(source)
    .argument("[app...]", "names of apps, source ids, or regular expressions for them")
    .optionsGroup("Envelopes:")
    .option("-s, --source-id <id>", "of this source; may be repeated", list("--source-id", "an id"))
    .option(
      "--instance <id>",
      "of this instance; may be repeated",
      list("--instance", "an instance id"),
    )
    .option("--tag <name=value>", "with this tag; may be repeated", collectTag)
    .option(
      "-g, --grep <regex>",
      "whose name or text matches this regular expression",
      pattern("--grep"),
    )
    .option("--exclude <regex>", "whose name and text do not match this one", pattern("--exclude"))
    .option("-i, --ignore-case", "ignore case in regular expressions for text")
    .option(
      "-t, --type <type>",
      `${envelopeTypes.join(", ")}; may be repeated, or separated by commas`,
      collectTypes,
    )
    .option(
      "-n, --name <name>",
      "counters, gauges and timers of this name; may be repeated",
      list("--name", "a name"),
    )
    .option(
      "--shard-id <id>",
      "split the stream among all readers with this shard id",
      nonEmpty("--shard-id", "an id"),
    )
    .optionsGroup("Options:");
}

/**
 * Opens the source that the options, or else the environment, name.
 *
 * @throws UsageError if they name none, or two; whatever the sources throw.
 */
export async function openSource(options: ReadOptions, say: Say): Promise<Source> {
  const { gateway, egress } = options;
  if (gateway !== undefined && egress !== undefined) {
    throw new UsageError("--gateway and --egress exclude each other; leave one of them out");
  }
  const { LOGGREGATOR_EGRESS_ADDRESS, LOGGREGATOR_GATEWAY_URL } = process.env;
  const address =
    egress ?? (gateway === undefined ? LOGGREGATOR_EGRESS_ADDRESS || undefined : undefined);
  // An option with an empty value is a mistake, most likely of a script: it has no fallback.
  if (address !== undefined) {
    const { egressSource } = await import("./egressSource.js");
    return egressSource(address, options, say);
  }
  const url = gateway ?? (LOGGREGATOR_GATEWAY_URL || undefined);
  if (url !== undefined) {
    const { gatewaySource } = await import("./gatewaySource.js");
    return gatewaySource(url, options, say);
  }
  throw new UsageError(
    'give --gateway or --egress; for a Loggregator here, start "loggregator emulate --env loggregator.env" and source that file',
  );
}

function collectTypes(text: string, before: readonly EnvelopeType[] = []): readonly EnvelopeType[] {
  const types = text.split(",").map((word) => {
    const type = envelopeTypes.find((known) => known === word.trim());
    if (type !== undefined) {
      return type;
    }
    throw rejected("--type", `one of ${envelopeTypes.join(", ")}`, word.trim());
  });
  return [...before, ...types];
}

function collectHosts(text: string, before: readonly string[] = []): readonly string[] {
  // Anything else would never match, and the token would silently not be sent.
  if (/^[\w.-]+$/.test(text) || /^[0-9a-f:]+$/i.test(text)) {
    return [...before, text];
  }
  throw rejected("--send-token-to", "a host name, without https:// and port", text);
}
