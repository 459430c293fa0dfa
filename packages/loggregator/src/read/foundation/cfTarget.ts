import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The part of the configuration of the `cf` command that is read here. */
export interface CfTarget {
  /** The API that it is logged in to. */
  readonly api: URL | undefined;
  /** The names of the space and the organization that it targets. */
  readonly space: string | undefined;
  readonly org: string | undefined;
}

interface Named {
  readonly Name?: unknown;
}

/** Reads the target of the `cf` command. */
export async function readCfTarget(): Promise<CfTarget> {
  const path = join(process.env["CF_HOME"] || homedir(), ".cf", "config.json");
  let config: {
    readonly Target?: unknown;
    readonly SpaceFields?: Named | null;
    readonly OrganizationFields?: Named | null;
  };
  try {
    config = JSON.parse(await readFile(path, "utf8")) ?? {};
  } catch {
    config = {};
  }
  const { Target, SpaceFields, OrganizationFields } = config;
  return {
    api: typeof Target === "string" && URL.canParse(Target) ? new URL(Target) : undefined,
    space: nameOf(SpaceFields),
    org: nameOf(OrganizationFields),
  };
}

function nameOf(fields: Named | null | undefined): string | undefined {
  const name = fields?.Name;
  return typeof name === "string" && name !== "" ? name : undefined;
}
