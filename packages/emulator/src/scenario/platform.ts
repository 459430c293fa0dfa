import type { Random } from "./random.js";

/** How an app writes its logs. */
export type LogFormat = "pino" | "ecs" | "spring" | "python" | "logfmt" | "rails" | "nginx";

/** An instance of an app, with its current use of resources. */
export interface AppInstance {
  readonly index: string;
  readonly guid: string;
  readonly cell: Machine;
  readonly port: number;
  /** In percent of one CPU. */
  cpu: number;
  /** In bytes. */
  memory: number;
  /** In seconds. */
  age: number;
}

export interface App {
  readonly name: string;
  readonly guid: string;
  readonly processGuid: string;
  readonly format: LogFormat;
  readonly route: string;
  readonly paths: readonly string[];
  /** The median response time, in milliseconds. */
  readonly medianMs: number;
  readonly errorRate: number;
  readonly memoryQuota: number;
  readonly instances: readonly AppInstance[];
  /** The tags that the platform adds to its envelopes. */
  readonly tags: Readonly<Record<string, string>>;
}

/** A VM of the platform. */
export interface Machine {
  readonly job: string;
  readonly index: string;
  readonly ip: string;
}

export interface Platform {
  readonly apps: readonly App[];
  readonly routers: readonly Machine[];
  readonly cells: readonly Machine[];
  readonly doppler: Machine;
}

interface AppKind {
  readonly name: string;
  readonly format: LogFormat;
  readonly paths: readonly string[];
  readonly medianMs: number;
  readonly errorRate: number;
}

const kinds: readonly AppKind[] = [
  kind("storefront", "pino", ["/", "/cart", "/products/1138", "/search?q=lamp"], 24, 0.01),
  kind("checkout", "spring", ["/checkout", "/checkout/address", "/payments"], 180, 0.03),
  kind("catalog", "logfmt", ["/api/products", "/api/products/1138", "/api/categories"], 9, 0.005),
  kind("recommendations", "python", ["/recommend", "/recommend/similar"], 320, 0.02),
  kind("accounts", "rails", ["/login", "/account", "/account/orders"], 65, 0.015),
  kind("inventory", "ecs", ["/stock/1138", "/reservations"], 14, 0.01),
  kind("assets", "nginx", ["/app.js", "/app.css", "/logo.svg"], 2, 0.002),
  kind("invoices", "spring", ["/invoices", "/invoices/2026-0042"], 90, 0.02),
];

function kind(
  name: string,
  format: LogFormat,
  paths: readonly string[],
  medianMs: number,
  errorRate: number,
): AppKind {
  return { name, format, paths, medianMs, errorRate };
}

const mebibyte = 1024 * 1024;

/** Creates a platform with this number of apps. */
export function createPlatform(random: Random, appCount: number): Platform {
  const machines = (job: string, count: number, subnet: number): Machine[] =>
    Array.from({ length: count }, (_, index) => ({
      job,
      index: random.guid(),
      ip: `10.0.${subnet}.${index + 11}`,
    }));
  const routers = machines("router", 2, 1);
  const cells = machines("diego-cell", 3, 4);
  const [doppler] = machines("doppler", 1, 2) as [Machine];
  const organization = { id: random.guid(), name: "shop" };
  const spaces = ["prod", "staging"].map((name) => ({ id: random.guid(), name }));
  const apps = Array.from({ length: appCount }, (_, number): App => {
    const base = kinds[number % kinds.length] as AppKind;
    const round = Math.floor(number / kinds.length);
    const name = round === 0 ? base.name : `${base.name}-${round + 1}`;
    const space = spaces[random.chance(0.75) ? 0 : 1] as (typeof spaces)[number];
    const [guid, processGuid] = [random.guid(), random.guid()];
    const memoryQuota = random.pick([256, 512, 1024]) * mebibyte;
    const instances = Array.from({ length: random.integer(1, 4) }, (_, index) => ({
      index: String(index),
      guid: random.guid(),
      cell: random.pick(cells),
      port: random.integer(61_000, 61_999),
      cpu: random.integer(1, 40),
      memory: memoryQuota * (0.3 + 0.3 * random.next()),
      age: random.integer(600, 900_000),
    }));
    return {
      ...base,
      name,
      guid,
      processGuid,
      route: `${name}.apps.example.com`,
      memoryQuota,
      instances,
      tags: {
        app_id: guid,
        app_name: name,
        organization_id: organization.id,
        organization_name: organization.name,
        space_id: space.id,
        space_name: space.name,
        process_id: guid,
        process_type: "web",
        product: "Cloud Foundry",
      },
    };
  });
  return { apps, routers, cells, doppler };
}
