import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runServer } from "verdaccio";
import { run } from "./run.js";

export interface Registry {
  /** A configuration of npm that has this registry only. */
  readonly userConfig: string;
  close(): Promise<void>;
}

/**
 * Starts a registry on loopback that keeps what is published under `names`, and fetches everything
 * else from the registry that npm is configured to use.
 */
export async function startRegistry(folder: string, names: readonly string[]): Promise<Registry> {
  await mkdir(folder);
  const upstream = (await run("npm", ["config", "get", "registry"], { cwd: folder })).trim();
  const ours = { access: "$all", publish: "$all" };
  const server: Server = await runServer({
    configPath: join(folder, "config.yaml"),
    storage: join(folder, "storage"),
    uplinks: { upstream: { url: upstream, maxage: "1h", timeout: "60s" } },
    packages: {
      ...Object.fromEntries(names.map((name) => [name, ours])),
      "**": { access: "$all", proxy: "upstream" },
    },
    max_body_size: "100mb",
    web: { enable: false },
    log: { type: "stdout", format: "pretty", level: "fatal" },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const userConfig = join(folder, ".npmrc");
  await writeFile(
    userConfig,
    [
      `registry=http://${host}/`,
      // npm publishes only with a token; this registry accepts any.
      `//${host}/:_authToken=anybody`,
      `cache=${join(folder, "cache")}`,
      "audit=false",
      "fund=false",
      "update-notifier=false",
    ].join("\n"),
  );
  return {
    userConfig,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Runs npm with this configuration only, regardless of the user's settings, and as if outside of
 * GitHub Actions, where npm would add the provenance of packages.
 */
export function npm(
  userConfig: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(p?npm_|github_|actions_)/i.test(name),
  );
  const env = { ...Object.fromEntries(own), npm_config_userconfig: userConfig, ...options.env };
  return run("npm", args, { ...options, env });
}
