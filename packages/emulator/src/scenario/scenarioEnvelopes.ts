import {
  counterEnvelope,
  type Envelope,
  type GaugeMetrics,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { accessLogLine, type Request, requestLines } from "./logLines.js";
import {
  type App,
  type AppInstance,
  createPlatform,
  type Machine,
  type Platform,
} from "./platform.js";
import { Random } from "./random.js";
import {
  readScenarioOptions,
  type ScenarioOptions,
  type ScenarioSettings,
} from "./scenarioOptions.js";

/**
 * Generates the envelopes of a platform, endlessly, in the order in which they are emitted: logs of
 * apps in several formats and their stack traces, access logs and timers of routers, metrics of
 * containers, cells and routers.
 *
 * The same options give the same envelopes. Without `startTime`, only their times differ.
 *
 * @throws OptionTypeError, OptionRangeError for invalid options.
 */
export function scenarioEnvelopes(
  options: ScenarioOptions = {},
): Generator<Envelope, never, undefined> {
  return generate(readScenarioOptions(options));
}

function* generate({
  rate,
  seed,
  apps,
  startTime,
}: ScenarioSettings): Generator<Envelope, never, undefined> {
  const random = new Random(seed);
  const scene = new TrafficGenerator(random, createPlatform(random, apps));
  for (let count = 0; ; ) {
    const time = startTime + BigInt(Math.round((count / rate) * 1e9));
    for (const envelope of random.weighted(activities)(scene, time)) {
      count += 1;
      yield envelope;
    }
  }
}

/** An instance and its app. */
interface Running {
  readonly app: App;
  readonly instance: AppInstance;
}

type Activity = (scene: TrafficGenerator, time: bigint) => Envelope[];

const activities: readonly (readonly [Activity, number])[] = [
  [(scene, time) => scene.request(time), 70],
  [(scene, time) => scene.containerMetrics(time), 20],
  [(scene, time) => scene.platformMetrics(time), 9.5],
  [(scene, time) => scene.crash(time), 0.1],
];

const userAgents = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
  "kube-probe/1.31",
  "curl/8.11.0",
];

/** Generates the activities of the platform. */
class TrafficGenerator {
  readonly #random: Random;
  readonly #platform: Platform;
  readonly #instances: readonly Running[];
  /** The first apps are the busiest ones. */
  readonly #weights: readonly (readonly [app: App, weight: number])[];
  #containers = 0;
  #metrics = 0;

  constructor(random: Random, platform: Platform) {
    this.#random = random;
    this.#platform = platform;
    this.#instances = platform.apps.flatMap((app) =>
      app.instances.map((instance) => ({ app, instance })),
    );
    this.#weights = platform.apps.map((app, index) => [app, 1 / (index + 1)] as const);
  }

  /** A request: the lines of the app, the access log and the timer of the router. */
  request(time: bigint): Envelope[] {
    const random = this.#random;
    const { app, instance } = this.#anyInstance();
    const router = random.pick(this.#platform.routers);
    const request = this.#newRequest(app);
    const date = new Date(Number(time / 1_000_000n));
    const context = { app, instance, request, date, random };
    const duration = BigInt(Math.round(request.ms * 1e6));
    const common = { sourceId: app.guid, instanceId: instance.index };
    const tags = { ...app.tags, instance_id: instance.index };
    const routerTags = { ...tags, ...machineTags(router, "gorouter") };
    const logs = requestLines(context).map(({ text, isError }, line) =>
      logEnvelope(text, {
        ...common,
        // The lines of a stack trace are written together.
        timestamp: time + BigInt(line) * 20_000n,
        stream: isError ? "stderr" : "stdout",
        sourceType: "APP/PROC/WEB",
        tags: { ...tags, ...machineTags(instance.cell, "rep") },
      }),
    );
    const after = time + BigInt(logs.length) * 20_000n;
    return [
      ...logs,
      logEnvelope(accessLogLine(context, router.ip), {
        ...common,
        timestamp: after,
        stream: "stdout",
        sourceType: "RTR",
        tags: routerTags,
      }),
      timerEnvelope("http", after - duration, after, {
        ...common,
        timestamp: after,
        tags: {
          ...routerTags,
          component: "route-emitter",
          content_length: String(request.bytes),
          forwarded: request.client,
          method: request.method,
          peer_type: "Server",
          process_instance_id: instance.guid,
          remote_address: `${router.ip}:${random.integer(32_768, 60_999)}`,
          request_id: request.requestId,
          routing_instance_id: instance.guid,
          span_id: request.spanId,
          status_code: String(request.status),
          trace_id: request.traceId,
          uri: `https://${app.route}${request.path}`,
          user_agent: request.userAgent,
        },
      }),
    ];
  }

  /** The metrics of one container; all of them take turns. */
  containerMetrics(time: bigint): Envelope[] {
    const random = this.#random;
    const number = this.#containers++ % this.#instances.length;
    const { app, instance } = this.#instances[number] as Running;
    // They change a little from one measurement to the next.
    instance.cpu = Math.min(100, Math.max(0.5, instance.cpu * (0.8 + 0.42 * random.next())));
    const memory = instance.memory * (0.97 + 0.065 * random.next());
    instance.memory = Math.min(app.memoryQuota * 0.98, memory);
    instance.age += 15;
    const gauge = (metrics: GaugeMetrics) =>
      gaugeEnvelope(metrics, {
        sourceId: app.guid,
        instanceId: instance.index,
        timestamp: time,
        tags: {
          ...app.tags,
          ...machineTags(instance.cell, "rep"),
          instance_id: instance.index,
          process_instance_id: instance.guid,
        },
      });
    const entitlement = (app.memoryQuota / 2 ** 30) * instance.age * 1e9;
    return [
      gauge({
        cpu: { value: instance.cpu, unit: "percentage" },
        cpu_entitlement: { value: instance.cpu * 1.4, unit: "percentage" },
        memory: { value: Math.round(instance.memory), unit: "bytes" },
        memory_quota: { value: app.memoryQuota, unit: "bytes" },
        disk: { value: 187_000_000 + instance.age * 40, unit: "bytes" },
        disk_quota: { value: 1_073_741_824, unit: "bytes" },
      }),
      gauge({
        log_rate: { value: random.integer(200, 9_000), unit: "B/s" },
        log_rate_limit: { value: 16_384, unit: "B/s" },
      }),
      gauge({
        absolute_entitlement: { value: entitlement, unit: "nanoseconds" },
        absolute_usage: { value: entitlement * (instance.cpu / 100), unit: "nanoseconds" },
        container_age: { value: instance.age * 1e9, unit: "nanoseconds" },
      }),
    ];
  }

  /** A metric of a router, a cell or Loggregator itself, in turns. */
  platformMetrics(time: bigint): Envelope[] {
    const random = this.#random;
    const { routers, cells, doppler } = this.#platform;
    const [router, cell] = [random.pick(routers), random.pick(cells)];
    const options = (machine: Machine, origin: string) => ({
      sourceId: origin,
      instanceId: machine.index,
      timestamp: time,
      tags: machineTags(machine, origin),
    });
    switch (this.#metrics++ % 4) {
      case 0:
        return [
          counterEnvelope("total_requests", {
            ...options(router, "gorouter"),
            delta: random.integer(5, 60),
          }),
          ...(["2xx", "4xx", "5xx"] as const).map((status) =>
            counterEnvelope(`responses.${status}`, {
              ...options(router, "gorouter"),
              delta: status === "2xx" ? random.integer(5, 55) : random.integer(0, 3),
            }),
          ),
        ];
      case 1:
        return [
          gaugeEnvelope(
            { latency: { value: Number(random.duration(30).toFixed(3)), unit: "ms" } },
            options(router, "gorouter"),
          ),
        ];
      case 2:
        return [
          gaugeEnvelope(
            {
              CapacityTotalMemory: { value: 32_768, unit: "MiB" },
              CapacityRemainingMemory: { value: random.integer(9_000, 12_000), unit: "MiB" },
              ContainerCount: { value: random.integer(20, 30), unit: "Metric" },
            },
            options(cell, "rep"),
          ),
        ];
      default:
        return [
          counterEnvelope("ingress", { ...options(doppler, "doppler"), delta: 1000 }),
          counterEnvelope("dropped", {
            ...options(doppler, "doppler"),
            delta: random.chance(0.1) ? random.integer(1, 40) : 0,
          }),
        ];
    }
  }

  /** An instance exits, and another one is started. */
  crash(time: bigint): Envelope[] {
    const { app, instance } = this.#anyInstance();
    instance.age = 0;
    const log = (sourceType: string, text: string, line: number) =>
      logEnvelope(text, {
        sourceId: app.guid,
        instanceId: instance.index,
        timestamp: time + BigInt(line) * 1_000_000n,
        stream: "stdout",
        sourceType,
        tags: { ...app.tags, ...machineTags(instance.cell, "rep"), instance_id: instance.index },
      });
    const exit = {
      instance: instance.guid,
      index: Number(instance.index),
      cell_id: instance.cell.index,
      reason: "CRASHED",
      exit_description: "APP/PROC/WEB: Exited with status 137 (out of memory)",
      crash_count: this.#random.integer(1, 4),
      version: app.processGuid,
    };
    return [
      log("APP/PROC/WEB", "Exit status 137 (out of memory)", 0),
      log("API", `App instance exited with guid ${app.guid} payload: ${JSON.stringify(exit)}`, 1),
      log(
        "CELL",
        `Cell ${instance.cell.index} creating container for instance ${instance.guid}`,
        2,
      ),
      log(
        "CELL",
        `Cell ${instance.cell.index} successfully created container for instance ${instance.guid}`,
        3,
      ),
    ];
  }

  #anyInstance(): Running {
    const app = this.#random.weighted(this.#weights);
    return { app, instance: this.#random.pick(app.instances) };
  }

  #newRequest({ paths, medianMs, errorRate }: App): Request {
    const random = this.#random;
    const method = random.weighted([
      ["GET", 8],
      ["POST", 2],
      ["PUT", 0.5],
      ["DELETE", 0.2],
    ] as const);
    const isError = random.chance(errorRate);
    const good = method === "POST" ? 201 : random.chance(0.1) ? 304 : 200;
    return {
      method,
      path: random.pick(paths),
      status: isError ? random.pick([500, 502, 503]) : random.chance(0.04) ? 404 : good,
      ms: random.duration(isError ? medianMs * 4 : medianMs),
      bytes: random.integer(120, 48_000),
      requestId: random.guid(),
      traceId: random.hex(32),
      spanId: random.hex(16),
      userAgent: random.pick(userAgents),
      client: `203.0.113.${random.integer(1, 254)}`,
    };
  }
}

function machineTags({ job, index, ip }: Machine, origin: string): Record<string, string> {
  return { deployment: "cf", job, index, ip, origin };
}
