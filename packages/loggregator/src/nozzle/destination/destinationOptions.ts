import type { OtlpMode } from "@loggregator/otel";
import { UsageError } from "../../errors.js";
import type { EnvelopeType } from "../../filter/filter.js";
import type { Destination } from "./destination.js";

/** The options of destinations. */
export interface DestinationOptions {
  readonly toCa?: string | undefined;
  readonly toCert?: string | undefined;
  readonly toKey?: string | undefined;
  /** The name that the certificate of the destination must have. */
  readonly toServerName?: string | undefined;
  readonly maxAttempts?: number | undefined;
  readonly header?: Readonly<Record<string, string>> | undefined;
  readonly otlpMode?: OtlpMode | undefined;
  readonly otlpResourceAttributes?: boolean | undefined;
  readonly gzip?: boolean | undefined;
  readonly bearer?: string | undefined;
  readonly label?: readonly string[] | undefined;
  readonly metricPrefix?: string | undefined;
  readonly maxSeries?: number | undefined;
  readonly expire?: number | undefined;
}

/** The flag of each option, and the destinations that it is for. */
const uses: Readonly<
  Record<keyof DestinationOptions, readonly [flag: string, ...Destination["kind"][]]>
> = {
  toCa: ["--to-ca", "otlp", "otlp-grpc", "drain"],
  toCert: ["--to-cert", "otlp", "otlp-grpc", "drain"],
  toKey: ["--to-key", "otlp", "otlp-grpc", "drain"],
  toServerName: ["--to-server-name", "otlp-grpc", "drain"],
  maxAttempts: ["--max-attempts", "otlp", "otlp-grpc", "drain"],
  header: ["--header", "otlp", "otlp-grpc"],
  otlpMode: ["--otlp-mode", "otlp", "otlp-grpc"],
  otlpResourceAttributes: ["--otlp-resource-attributes", "otlp", "otlp-grpc"],
  gzip: ["--gzip", "otlp", "otlp-grpc"],
  bearer: ["--bearer", "drain"],
  label: ["--label", "prometheus"],
  metricPrefix: ["--metric-prefix", "prometheus"],
  maxSeries: ["--max-series", "prometheus"],
  expire: ["--expire", "prometheus"],
};

/** Why a destination has one worker, and what to do instead. */
const singleWorker: Partial<Record<Destination["kind"], string>> = {
  prometheus:
    "a scrape needs all series in one process; to split the load, start several nozzles with different filters and ports",
  stdout:
    "lines of several processes would be interleaved; to split the load, start several nozzles with the same --shard-id and separate outputs",
};

function isPlain({ name }: Destination): boolean {
  return /^(?:otlp|otlp-grpc|syslog|http|http-batch):/.test(name);
}

/** @throws UsageError for an option that the destination does not have, or that it lacks. */
export function checkDestinationOptions(
  destination: Destination,
  options: DestinationOptions & {
    readonly workers: number;
    readonly type?: readonly EnvelopeType[] | undefined;
  },
): void {
  const { kind, name } = destination;
  for (const [option, [flag, ...kinds]] of Object.entries(uses)) {
    if (options[option as keyof DestinationOptions] !== undefined && !kinds.includes(kind)) {
      throw new UsageError(`${flag} has no effect with ${name}; remove it`);
    }
  }
  if ((options.toCert === undefined) !== (options.toKey === undefined)) {
    throw new UsageError("--to-cert and --to-key must be used together; pass both or neither");
  }
  if (options.otlpResourceAttributes !== undefined && options.otlpMode !== "receiver") {
    throw new UsageError("--otlp-resource-attributes needs --otlp-mode receiver");
  }
  const certificate = (["toCa", "toCert", "toServerName"] as const).find((o) => options[o]);
  if (certificate !== undefined && isPlain(destination)) {
    throw new UsageError(
      `${uses[certificate][0]} has no effect with ${name}, which does not use TLS`,
    );
  }
  if (destination.kind === "drain" && options.bearer !== undefined && !destination.isHttp) {
    throw new UsageError("--bearer is for drains over HTTP; remove it");
  }
  const single = singleWorker[kind];
  if (single !== undefined && options.workers > 1) {
    throw new UsageError(`--workers must be 1 with ${name}, got ${options.workers}: ${single}`);
  }
  const other = options.type?.find((type) => type !== "counter" && type !== "gauge");
  if (kind === "prometheus" && other !== undefined) {
    throw new UsageError(
      `--type must be counter or gauge with ${name}, got ${other}: other types have no metrics`,
    );
  }
}
