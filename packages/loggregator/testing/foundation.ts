import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { counterEnvelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { listen } from "@loggregator/testing";

/** The source ids of two apps, whose envelopes are in log-cache. */
export const app = "0c6f8a3e-5cde-4b5e-9a30-3f3c3d6a8f10";
export const worker = "7a1d0c55-0f0b-4a44-8a55-0d8f4d8c1a11";

const s = 1_000_000_000n;

/** A Cloud Foundry: an emulator with stored envelopes, and an API with the names of apps. */
export interface Foundation extends AsyncDisposable {
  readonly emulator: Emulator;
  /** The environment of a user who is logged in with cf. */
  readonly loggedIn: Record<string, string>;
  /** The environment that `loggregator emulate --env` writes. */
  readonly emulated: Record<string, string>;
  /** Whether the API returns the address of the gateway. */
  hasGateway: boolean;
}

/** Starts a foundation for the tests of a file. */
export async function startFoundation(): Promise<Foundation> {
  const emulator = await startEmulator({ gateway: { tokens: { good: "all", mine: [app] } } });
  emitStored(emulator);
  const cloudController = await listen(createCloudController(() => foundation));
  const home = await mkdtemp(join(tmpdir(), "loggregator-home-"));
  await mkdir(join(home, ".cf"));
  await writeFile(
    join(home, ".cf", "config.json"),
    JSON.stringify({
      Target: `http://${cloudController.address}`,
      SpaceFields: { Name: "prod" },
      OrganizationFields: { Name: "shop" },
    }),
  );
  const foundation: Foundation = {
    emulator,
    loggedIn: { CF_HOME: home, CF_TOKEN: "mine" },
    emulated: { LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url, CF_TOKEN: "good" },
    hasGateway: false,
    async [Symbol.asyncDispose]() {
      await emulator.close();
      await cloudController[Symbol.asyncDispose]();
      await rm(home, { recursive: true });
    },
  };
  return foundation;
}

/** Emits what log-cache stores: 20 logs of an app, a log of the other, and metrics. */
function emitStored(emulator: Emulator): void {
  for (let i = 1; i <= 20; i += 1) {
    emulator.emit(
      logEnvelope(`line ${i}`, { sourceId: app, instanceId: "0", timestamp: BigInt(i) * s }),
    );
  }
  const at = (seconds: number) => ({ sourceId: app, timestamp: (1000n + BigInt(seconds)) * s });
  emulator.emit(logEnvelope("work\x1b[31m", { sourceId: worker, timestamp: 19n * s + 5n }));
  for (const seconds of [0, 10, 20]) {
    emulator.emit(gaugeEnvelope({ cpu: { value: seconds, unit: "%" } }, at(seconds)));
    emulator.emit(counterEnvelope("requests", { ...at(seconds), delta: 10 }));
  }
}

/**
 * The API of the foundation: the app `checkout` exists in two spaces, and two apps named `twice` in
 * one.
 */
function createCloudController(foundation: () => Foundation): Server {
  const named = (guid: string, name: string, relationships = {}) => ({ guid, name, relationships });
  const inSpace = (guid: string, name: string, space: string) =>
    named(guid, name, { space: { data: { guid: space } } });
  const apps = [
    inSpace(app, "checkout", "space-1"),
    inSpace(worker, "checkout", "space-2"),
    inSpace(app, "twice", "space-1"),
    inSpace(worker, "twice", "space-1"),
  ];
  const org = { organization: { data: { guid: "org-1" } } };
  const included = {
    spaces: [named("space-1", "prod", org), named("space-2", "test", org)],
    organizations: [named("org-1", "shop")],
  };
  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://api");
    const answer = (body: object, status = 200) => {
      response.statusCode = status;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (url.pathname === "/") {
      const { emulator, hasGateway } = foundation();
      const links = {
        log_cache: { href: emulator.logCache.url },
        uaa: { href: "http://uaa" },
        ...(hasGateway && { log_stream: { href: emulator.gateway.url } }),
      };
      return answer({ links });
    }
    if (!/^bearer mine$/i.test(request.headers.authorization ?? "")) {
      return answer({ errors: [{ code: 1000, title: "CF-InvalidAuthToken", detail: "no" }] }, 401);
    }
    const guids = url.searchParams.get("guids")?.split(",");
    const resources = apps.filter(({ name, guid }, i) =>
      guids === undefined ? name === url.searchParams.get("names") : guids.includes(guid) && i < 2,
    );
    return answer({ pagination: { total_pages: 1 }, resources, included });
  });
}
