import type { GaugeSelector, Selector } from "@loggregator/api";

/** What a reader wants from the gateway. */
export interface GatewayRequest {
  /** Readers of one shard share its envelopes, each goes to one of them. Default: "", a copy of all. */
  readonly shardId?: string | undefined;
  /** Set on all readers of a shard: metrics of one name always go to the same reader. Default: "". */
  readonly deterministicName?: string | undefined;
  /**
   * Which envelopes. The gateway applies every type to every source, so each source must have the
   * same selectors, and the order in which they are given does not matter.
   */
  readonly selectors: readonly Selector[];
}

/** The URL that asks for a request's envelopes, below the gateway's own. */
export function readUrl(gateway: string, request: GatewayRequest): string {
  const query = readQuery(request);
  return query === "" ? `${gateway}/v2/read` : `${gateway}/v2/read?${query}`;
}

/**
 * Checks that a request is one the gateway can be asked for.
 *
 * @throws TypeError for what is no request, RangeError for one that the gateway's query can't
 *   express; the message says how to ask instead.
 */
export function checkRequest(request: GatewayRequest): void {
  if (typeof request !== "object" || request === null) {
    throw new TypeError(`request: expected an object with selectors, got ${String(request)}`);
  }
  checkText("shardId", request.shardId);
  checkText("deterministicName", request.deterministicName);
  const { selectors } = request;
  if (!Array.isArray(selectors)) {
    throw new TypeError(`selectors: expected an array of selectors, got ${String(selectors)}`);
  }
  selectors.forEach(checkSelector);
  checkExpressible(selectors);
}

/** The query as the reference client writes it, but with values escaped. */
export function readQuery({ shardId, deterministicName, selectors }: GatewayRequest): string {
  const parameters: string[] = [];
  if (shardId) parameters.push(`shard_id=${encodeURIComponent(shardId)}`);
  if (deterministicName) {
    parameters.push(`deterministic_name=${encodeURIComponent(deterministicName)}`);
  }
  // A source or a name given twice would be a subscription more, and its envelopes would come
  // twice. A bare type given twice is not; the reference client repeats it.
  const written = new Set<string>();
  for (const { sourceId, message } of selectors) {
    if (sourceId && !written.has(`source_id=${sourceId}`)) {
      written.add(`source_id=${sourceId}`);
      parameters.push(`source_id=${encodeURIComponent(sourceId)}`);
    }
    if (message === undefined) continue;
    const key = typeKey(message);
    if (!written.has(key)) {
      if (key !== message.$case) written.add(key);
      parameters.push(typeParameter(message));
    }
  }
  return parameters.join("&");
}

function typeParameter(message: NonNullable<Selector["message"]>): string {
  if (message.$case === "counter" && message.value.name) {
    return `counter.name=${encodeURIComponent(message.value.name)}`;
  }
  if (message.$case === "gauge" && message.value.names?.length > 0) {
    // The gateway splits the value at its commas after unescaping it.
    return `gauge.name=${encodeURIComponent(message.value.names.join(","))}`;
  }
  return message.$case;
}

const cases: ReadonlySet<string> = new Set(["log", "counter", "gauge", "timer", "event"]);

function checkSelector(selector: Selector, index: number): void {
  const name = `selectors[${index}]`;
  checkText(`${name}.sourceId`, selector?.sourceId);
  const message = selector?.message;
  // Without one the selector selects nothing, and the gateway says so: 400, missing_envelope_type.
  if (message === undefined) return;
  if (!cases.has(message.$case)) {
    throw new TypeError(
      `${name}: expected a selector of a type, got ${JSON.stringify(selector)}; make it with selectLog(), selectCounter() and so on`,
    );
  }
  if (message.$case === "counter") checkText(`${name}.name`, message.value.name);
  if (message.$case === "gauge") checkGauge(name, message.value);
}

function checkGauge(name: string, { names = [] }: Partial<GaugeSelector>): void {
  for (const metric of names) {
    checkText(`${name}.names`, metric);
    if (metric === "" || metric.includes(",")) {
      throw new RangeError(
        `${name}.names: the gateway takes names that are not empty and have no comma, got ${JSON.stringify(metric)}; select all gauges and pick from what arrives`,
      );
    }
  }
}

function checkText(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "string") {
    throw new TypeError(`${name}: expected a string, got ${String(value)}`);
  }
  try {
    encodeURIComponent(value);
  } catch {
    throw new RangeError(
      `${name}: expected whole characters, got half of a surrogate pair in ${JSON.stringify(value)}`,
    );
  }
}

/** One request selects every one of its types from every one of its sources. */
function checkExpressible(selectors: readonly Selector[]): void {
  const typesBySource = new Map<string, Set<string>>();
  const allTypes = new Set<string>();
  for (const { sourceId, message } of selectors) {
    // It leaves no trace in the query.
    if (message === undefined && !sourceId) continue;
    const types = typesBySource.get(sourceId ?? "") ?? new Set();
    typesBySource.set(sourceId ?? "", types);
    if (message === undefined) continue;
    types.add(typeKey(message));
    allTypes.add(typeKey(message));
  }
  // The gateway itself says that nothing is asked for.
  if (allTypes.size === 0) return;
  for (const type of ["counter", "gauge"]) {
    const named = [...allTypes].find((other) => other.startsWith(`${type}.name=`));
    if (named !== undefined && allTypes.has(type)) {
      throw new RangeError(
        `selectors: one gateway request can't ask for all ${type}s and for ${JSON.stringify(named)} as well; leave the name out, all ${type}s include it`,
      );
    }
  }
  if (typesBySource.size > 1 && typesBySource.has("")) {
    throw new RangeError(
      "selectors: one gateway request can't ask for all sources and for named ones; select from all sources only, or open a stream for each",
    );
  }
  for (const [sourceId, types] of typesBySource) {
    for (const type of allTypes) {
      if (!types.has(type)) {
        throw new RangeError(
          `selectors: one gateway request applies every type to every source, but no selector asks for ${JSON.stringify(type)} from the source ${JSON.stringify(sourceId)}; open one stream for the sources that want the same types, or ask for every type from every source`,
        );
      }
    }
  }
}

/** Equal for two selectors that select the same from one source: a gauge's names are a set. */
function typeKey(message: NonNullable<Selector["message"]>): string {
  if (message.$case === "gauge" && message.value.names?.length > 0) {
    return `gauge.name=${[...new Set(message.value.names)].sort().join(",")}`;
  }
  if (message.$case === "counter" && message.value.name) {
    return `counter.name=${message.value.name}`;
  }
  return message.$case;
}
