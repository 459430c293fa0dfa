import { drainSchemes } from "@loggregator/drain";
import { UsageError } from "../errors.js";
import type { Session } from "../session.js";
import type { DrainData } from "./drainData.js";
import { requirePair } from "./readPem.js";

/** The options of `loggregator drain bind`. */
export interface BindOptions {
  readonly drainData: DrainData;
  readonly disableMetadata?: boolean | undefined;
  readonly name?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

/** Prints the commands of cf that create a drain and bind it to apps. */
export async function bind(
  url: string,
  apps: readonly string[],
  options: BindOptions,
  { stdout, say }: Session,
): Promise<void> {
  requirePair(options.cert, options.key);
  const target = parse(url);
  if (target.searchParams.has("drain-type")) {
    say('"drain-type" is deprecated, and was replaced by "drain-data"');
    target.searchParams.delete("drain-type");
  }
  target.searchParams.set("drain-data", options.drainData);
  if (options.disableMetadata) {
    target.searchParams.set("disable-metadata", "true");
  }
  const name = quote(options.name ?? `drain-${target.hostname.replace(/[^\w.-]/g, "")}`);
  const credentials = credentialsOf(options);
  const commands = [
    `cf create-user-provided-service ${name} -l ${quote(target.href)}${credentials}`,
    ...apps.map((app) => `cf bind-service ${quote(app)} ${name}`),
  ];
  await stdout.write(`${commands.join("\n")}\n`);
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.slice(0, -1);
  if (url === undefined || url.hostname === "" || !drainSchemes.some((known) => known === scheme)) {
    throw new UsageError(
      `the URL must have a host and one of the schemes ${drainSchemes.join(", ")}`,
    );
  }
  return url;
}

/**
 * Returns the credentials of the service. The platform passes `cert`, `key` and `ca` to its agents.
 */
function credentialsOf({ cert, key, ca }: BindOptions): string {
  const files = Object.entries({ cert, key, ca }).filter(([, path]) => path !== undefined);
  if (files.length === 0) {
    return "";
  }
  const read = files.map(([name, path]) => `--rawfile ${name} ${quote(path as string)}`);
  const fields = files.map(([name]) => `${name}: $${name}`);
  return ` -p "$(jq -n ${read.join(" ")} '{${fields.join(", ")}}')"`;
}

/** Quotes a word for a shell if necessary. */
function quote(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
