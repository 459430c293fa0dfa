import { createServer } from "node:http";
import { type Envelope, formatEnvelopeBatch } from "@loggregator/api";
import { LogCacheClient, type QueryResult } from "@loggregator/log-cache";
import { listen } from "@loggregator/testing";
import { logCacheVectors } from "@loggregator/testing/log-cache-vectors";
import { expect, test } from "vitest";
import { type Call, end, GoLogCacheClient, start } from "./goLogCacheClient.js";
import { describeInterop } from "./peer.js";

type Answer = (typeof logCacheVectors.answers)[number];

const info = logCacheVectors.answers.find(({ path }) => path === "/api/v1/info") as Answer;

/** A server that gives one answer to all requests but those for its version, which Go's client makes. */
async function startServer(answer: Answer) {
  const server = createServer((request, response) => {
    const { status, contentType, body } = request.url === info.path ? info : answer;
    response.writeHead(status, { "content-type": contentType }).end(body);
  });
  return await listen(server);
}

const answersTo = (path: RegExp) =>
  logCacheVectors.answers.filter((answer) => path.test(answer.path));

/** Envelopes as Go's client reports them: protojson without default values. */
function goEnvelopes(batch: readonly Envelope[]): unknown {
  const { batch: envelopes = [] } = JSON.parse(formatEnvelopeBatch({ batch: [...batch] }));
  return envelopes;
}

/** A result of PromQL as Go's client reports it: protojson without default values. */
function goResult({ resultType, result }: QueryResult): unknown {
  const point = ({ timestamp, value }: { timestamp: bigint; value: number }) => ({
    time: (Number(timestamp / 1_000_000n) / 1_000).toFixed(3),
    ...(value !== 0 && { value: Number.isFinite(value) ? value : String(value) }),
  });
  const labels = (metric: Readonly<Record<string, string>>) =>
    Object.keys(metric).length > 0 ? { metric } : {};
  switch (resultType) {
    case "scalar":
      return { scalar: point(result) };
    case "vector":
      return {
        vector: {
          samples: result.map(({ metric, point: one }) => ({
            ...labels(metric),
            point: point(one),
          })),
        },
      };
    case "matrix":
      return {
        matrix: {
          series: result.map(({ metric, points }) => ({
            ...labels(metric),
            points: points.map(point),
          })),
        },
      };
  }
}

/** The outcomes of both clients for an answer. Rejections are equal, whatever their texts. */
async function outcomes(
  answer: Answer,
  call: Call,
  read: (client: LogCacheClient) => Promise<unknown>,
): Promise<{ ours: unknown; go: unknown }> {
  await using server = await startServer(answer);
  const url = `http://${server.address}`;
  await using client = new LogCacheClient({ url, token: "any", logger: null });
  const ours = await read(client).catch(() => "rejected");
  await using goClient = new GoLogCacheClient({ address: url });
  const { result, error } = await goClient.call(call);
  return { ours, go: error === undefined ? result : "rejected" };
}

describeInterop("recorded answers of log-cache are the same to both clients", () => {
  test.each(answersTo(/^\/api\/v1\/read/))("$status of $path", async (answer) => {
    const call = { method: "read", sourceId: "app-1", start, end };
    const { ours, go } = await outcomes(answer, call, async (client) => ({
      batch: goEnvelopes(await client.read("app-1")),
    }));
    expect(ours).toEqual(go === "rejected" ? go : { batch: [], ...(go as object) });
  });

  test.each(answersTo(/^\/api\/v1\/meta/))("$status of $path", async (answer) => {
    const { ours, go } = await outcomes(answer, { method: "meta" }, async (client) =>
      Object.fromEntries(
        Array.from(await client.meta(), ([source, { count, newestTimestamp }]) => [
          source,
          { count: String(count), newestTimestamp: String(newestTimestamp) },
        ]),
      ),
    );
    const goMeta = go as Record<string, { count: string; newestTimestamp: string }>;
    expect(ours).toEqual(
      Object.fromEntries(
        Object.entries(goMeta).map(([source, { count, newestTimestamp }]) => [
          source,
          { count, newestTimestamp },
        ]),
      ),
    );
  });

  test.each(answersTo(/^\/api\/v1\/query\?/))("$status of $path", async (answer) => {
    const call = { method: "promql", query: "1", start: "1000000000" };
    const { ours, go } = await outcomes(answer, call, async (client) =>
      goResult(await client.query("1")),
    );
    expect(ours).toEqual(go);
  });

  test.each(answersTo(/^\/api\/v1\/query_range/))("$status of $path", async (answer) => {
    const range = { start: "1000000000", end: "2000000000", step: "1s" };
    const { ours, go } = await outcomes(
      answer,
      { method: "promqlRange", query: "1", ...range },
      async (client) =>
        goResult(
          await client.queryRange("1", { start: 10n ** 9n, end: 2n * 10n ** 9n, step: "1s" }),
        ),
    );
    expect(ours).toEqual(go);
  });
});
