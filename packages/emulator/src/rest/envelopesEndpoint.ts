import {
  type Envelope,
  EnvelopeDecodeError,
  formatEnvelope,
  logText,
  parseEnvelopeBatch,
} from "@loggregator/api";
import type { EmulatorCore } from "../emulatorCore.js";
import type { Observation } from "../observation/observation.js";
import { ApiError } from "./apiError.js";
import { invalid, Parameters } from "./parameters.js";

const types = ["log", "counter", "gauge", "timer", "event"] as const;

const parameterNames = [
  ...["sourceId", "instanceId", "type", "name", "text", "tag"],
  ...["after", "limit", "min", "timeoutMs"],
];

const maxLimit = 10_000;

/** `GET /envelopes`: the received envelopes that the parameters select, oldest first. */
export async function getEnvelopes(
  { record, waiting }: Observation,
  search: URLSearchParams,
  signal: AbortSignal,
): Promise<string> {
  const parameters = new Parameters(search, parameterNames);
  const selects = readFilter(parameters);
  const limit = parameters.integer("limit", 1, maxLimit) ?? maxLimit;
  const min = parameters.integer("min", 1, limit);
  let next = parameters.integer("after", 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const timeoutMs = parameters.timeoutMs();
  const found: Envelope[] = [];
  // Each envelope is checked once, also if the request waits for more.
  const collect = () => {
    next = record.visit(next, (envelope) => {
      if (selects(envelope)) {
        found.push(envelope);
      }
      return found.length < limit;
    });
    return found.length >= (min ?? 0) ? () => undefined : undefined;
  };
  await waiting.wait(
    {
      check: collect,
      timedOut: () =>
        new ApiError(
          504,
          "timeout",
          `${found.length} of ${min} envelopes were received within ${timeoutMs} ms`,
          { found: found.length },
        ),
      closed: () => new ApiError(503, "closed", "the emulator is closing"),
    },
    { signal, timeoutMs },
  );
  const batch = found.map((envelope) => formatEnvelope(envelope, { emitUnpopulated: true }));
  return `{"batch":[${batch.join(",")}],"next":${next}}`;
}

/**
 * `POST /envelopes`: emits the envelopes of the body. Those without a timestamp get the current
 * time.
 */
export function postEnvelopes(core: EmulatorCore, body: string): string {
  const envelopes = readBody(body);
  for (const envelope of envelopes) {
    core.agent.accept(
      envelope.timestamp === 0n
        ? { ...envelope, timestamp: BigInt(Date.now()) * 1_000_000n }
        : envelope,
    );
  }
  return JSON.stringify({ accepted: envelopes.length });
}

/** Reads a batch, a list of envelopes, or one envelope. */
function readBody(body: string): Envelope[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new ApiError(400, "invalid_body", `the body is not JSON: ${(error as Error).message}`);
  }
  const isBatch = typeof json === "object" && json !== null && "batch" in json;
  const list = Array.isArray(json) ? body : `[${body}]`;
  let envelopes: Envelope[];
  try {
    envelopes = parseEnvelopeBatch(isBatch ? body : `{"batch":${list}}`).batch;
  } catch (error) {
    if (error instanceof EnvelopeDecodeError) {
      throw new ApiError(400, "invalid_body", error.message);
    }
    throw error;
  }
  const empty = envelopes.findIndex(({ message }) => message === undefined);
  if (empty !== -1) {
    const expected = types.join(", ");
    throw new ApiError(400, "invalid_body", `batch[${empty}] must have one of ${expected}`);
  }
  return envelopes;
}

function readFilter(parameters: Parameters): (envelope: Envelope) => boolean {
  const sourceIds = parameters.all("sourceId");
  const instanceIds = parameters.all("instanceId");
  const wanted: readonly string[] = parameters.words("type", types);
  const names = parameters.all("name");
  const texts = parameters.all("text");
  const tags = parameters.all("tag").map((text) => {
    const [name = "", value] = text.split(/=(.*)/s);
    if (name === "" || value === undefined) {
      throw invalid("tag", "NAME=VALUE", text);
    }
    return [name, value] as const;
  });
  const accepts = (list: readonly string[], value: string) =>
    list.length === 0 || list.includes(value);
  return (envelope) =>
    accepts(sourceIds, envelope.sourceId) &&
    accepts(instanceIds, envelope.instanceId) &&
    accepts(wanted, envelope.message?.$case ?? "") &&
    (names.length === 0 || namesOf(envelope).some((name) => names.includes(name))) &&
    texts.every((text) => textOf(envelope).includes(text)) &&
    tags.every(
      ([name, value]) => Object.hasOwn(envelope.tags, name) && envelope.tags[name] === value,
    );
}

/** Returns the names of the metrics, or the title of the event. */
function namesOf({ message }: Envelope): string[] {
  switch (message?.$case) {
    case "counter":
    case "timer":
      return [message.value.name];
    case "gauge":
      return Object.keys(message.value.metrics);
    case "event":
      return [message.value.title];
    default:
      return [];
  }
}

function textOf(envelope: Envelope): string {
  const { message } = envelope;
  return message?.$case === "event" ? message.value.body : (logText(envelope) ?? "");
}
