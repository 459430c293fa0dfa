import { readCfConfig } from "@loggregator/auth/node";

/** The part of the configuration of the `cf` command that is read here. */
export interface CfTarget {
  /** The API that it is logged in to. */
  readonly api: URL | undefined;
  /** The names of the space and the organization that it targets. */
  readonly space: string | undefined;
  readonly org: string | undefined;
}

/** Reads the target of the `cf` command. */
export async function readCfTarget(): Promise<CfTarget> {
  const { apiUrl = "", space, org } = (await readCfConfig()) ?? {};
  return { api: URL.canParse(apiUrl) ? new URL(apiUrl) : undefined, space, org };
}
