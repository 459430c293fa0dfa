/** The settings of a target. Each has the name of its option. */
export interface Profile {
  /** API of Cloud Foundry. */
  readonly api?: string | undefined;
  /** URL of the RLP gateway. */
  readonly gateway?: string | undefined;
  /** `host:port` of the Reverse Log Proxy. */
  readonly egress?: string | undefined;
  readonly logCacheUrl?: string | undefined;
  /** `host:port` of the agent, for `emit`. */
  readonly address?: string | undefined;
  /** `host:port` of the agent's v1 endpoint. */
  readonly v1Address?: string | undefined;
  /** Paths of PEM files. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The path of a file, or the name of an environment variable, with a token. */
  readonly tokenFile?: string | undefined;
  readonly tokenEnv?: string | undefined;
  /** A client of UAA, and the file or variable with its secret. */
  readonly clientId?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  readonly clientSecretEnv?: string | undefined;
  /** URL of UAA. Default: the one of `api`. */
  readonly uaa?: string | undefined;
}

/** The names of all settings. */
export const profileKeys: Readonly<Record<keyof Profile, true>> = {
  api: true,
  gateway: true,
  egress: true,
  logCacheUrl: true,
  address: true,
  v1Address: true,
  ca: true,
  cert: true,
  key: true,
  tokenFile: true,
  tokenEnv: true,
  clientId: true,
  clientSecretFile: true,
  clientSecretEnv: true,
  uaa: true,
};

/** Settings that are paths of files. */
export const pathKeys = ["ca", "cert", "key", "tokenFile", "clientSecretFile"] as const;

/** A profile of a configuration. */
export interface NamedProfile {
  readonly name: string;
  readonly settings: Profile;
  /** Whether `--profile` or LOGGREGATOR_PROFILE names it. Otherwise it is the default one. */
  readonly isNamed: boolean;
  /** The path of the configuration. */
  readonly path: string;
}
