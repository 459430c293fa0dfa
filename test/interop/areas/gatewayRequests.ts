import {
  EgressBatchRequest,
  type Selector,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "@loggregator/api";
import { GatewayResponseError, RlpGatewayClient } from "@loggregator/rlp-gateway";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import { base64 } from "../oracle.js";
import type { Area, Outcome } from "./area.js";

/**
 * The query that a client creates from a request. `otherwise` is the URL without any escaping.
 */
export const gatewayArea: Area<EgressBatchRequest> = {
  name: "gateway requests",
  cases: requests(),

  async compare(request, oracle) {
    const bytes = base64(EgressBatchRequest.encode(request).finish());
    const { value, error } = await oracle
      .ask<string>("gatewayURL", { bytes })
      .catch((cause: Error) => ({ value: undefined, error: cause.message }));
    const reference =
      value === undefined
        ? { refused: error }
        : { value: parameters(value), otherwise: decodeURIComponent(value) };
    return { ours: await askedFor(request), reference };
  },
};

function parameters(url: string): string {
  return canonical([...new URL(url).searchParams]);
}

async function askedFor({
  shardId,
  deterministicName,
  selectors,
}: EgressBatchRequest): Promise<Outcome> {
  let asked = "";
  const client = new RlpGatewayClient({
    url: "https://gateway.example",
    fetch: async (url) => {
      asked = String(url);
      return new Response("", { status: 400 });
    },
  });
  try {
    for await (const _ of client.stream({ shardId, deterministicName, selectors })) {
    }
  } catch (error) {
    if (error instanceof RangeError) {
      return { refused: error.message };
    }
    if (!(error instanceof GatewayResponseError)) {
      throw error;
    }
  }
  return { value: parameters(asked), otherwise: decodeURIComponent(asked) };
}

/** Returns the URL without repeated types and repeated names of counters and gauges. */
export function withTypesOnce(url: string): string {
  // The part before the first parameter is split off: it may look like a name.
  return url
    .replace("?", "?&")
    .split("&")
    .filter(
      (one, at, all) =>
        !/^(?:(?:counter|gauge)\.name=|(?:log|counter|gauge|timer|event)$)/.test(one) ||
        all.indexOf(one) === at,
    )
    .join("&")
    .replace("?&", "?");
}

/** Returns true if one request can express the selectors: the gateway applies all types to all sources. */
export function isExpressible({ selectors }: EgressBatchRequest): boolean {
  const wanted = new Set(selectors.map((selector) => selector.sourceId + typeOf(selector)));
  const named = new Set(selectors.map(({ sourceId }) => sourceId).filter((id) => id !== ""));
  const sources = named.size === 0 ? [""] : [...named];
  const types = new Set(selectors.map(typeOf));
  // If there is a name, the gateway ignores the bare type.
  for (const bare of ["counter", "gauge"]) {
    if ([...types].some((type) => type.startsWith(`?${bare}=`))) {
      types.delete(`?${bare}`);
    }
  }
  const asked = new Set(sources.flatMap((source) => [...types].map((type) => source + type)));
  return wanted.size === asked.size && [...wanted].every((one) => asked.has(one));
}

function typeOf({ message }: Selector): string {
  if (message?.$case === "counter" && message.value.name) {
    return `?counter=${message.value.name}`;
  }
  if (message?.$case === "gauge" && message.value.names.length > 0) {
    return `?gauge=${message.value.names.join(",")}`;
  }
  return `?${message?.$case}`;
}

/** Usually the same selectors for each of the sources, as a gateway request can express only these. */
function requests(): fc.Arbitrary<EgressBatchRequest> {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[\w.~-]{0,8}$/) },
    fc.constantFrom("a b", "é", "a/b", "a+b", "a=b", "a&b", "a?b", "日本語", "{}", "a#b", "a\nb"),
  );
  const name = fc.constantFrom("", "", "cpu", "requests", "a b", "é");
  const choose = fc.oneof(
    fc.constantFrom(selectLog, selectTimer, selectEvent),
    name.map(
      (of) =>
        ({ sourceId }: { sourceId?: string }) =>
          of === "" ? selectCounter({ sourceId }) : selectCounter({ sourceId, name: of }),
    ),
    name.map(
      (of) =>
        ({ sourceId }: { sourceId?: string }) =>
          of === "" ? selectGauge({ sourceId }) : selectGauge({ sourceId, names: [of] }),
    ),
  );
  const sources = fc.oneof(fc.constant([""]), fc.array(value, { minLength: 1, maxLength: 3 }));
  const product = fc
    .tuple(sources, fc.array(choose, { maxLength: 4 }))
    .map(([ids, types]) => ids.flatMap((sourceId) => types.map((type) => type({ sourceId }))));
  const any = fc.array(
    fc.tuple(value, choose).map(([sourceId, type]) => type({ sourceId })),
    { maxLength: 4 },
  );
  const selectors: fc.Arbitrary<Selector[]> = fc.oneof({ weight: 3, arbitrary: product }, any);
  return fc
    .record({ shardId: value, deterministicName: value, selectors })
    .map((request) => EgressBatchRequest.fromPartial(request as never));
}
