import { createServer } from "node:http";
import { decodeEnvelopeBatch } from "@loggregator/api";
import { listen } from "@loggregator/testing";
import { logCacheVectors } from "@loggregator/testing/log-cache-vectors";
import { expect, test } from "vitest";
import { LogCacheClient, type QueryResult } from "./index.js";

// Responses of a real log-cache: see "log-cache" in docs/protocol.md.
const { envelopes, answers } = logCacheVectors;
type Answer = (typeof answers)[number];
const stored = envelopes.flatMap((hex) => decodeEnvelopeBatch(Buffer.from(hex, "hex")).batch);

async function readAnswer<T>(
  answer: Answer,
  call: (client: LogCacheClient) => Promise<T>,
): Promise<T> {
  const server = createServer((_, response) => {
    response.writeHead(answer.status, { "content-type": answer.contentType });
    response.end(answer.body);
  });
  await using at = await listen(server);
  await using client = new LogCacheClient({ url: `http://${at.address}`, logger: null });
  return await call(client);
}

const ok = answers.filter(({ status }) => status === 200);
const of = (prefix: string) => ok.filter(({ path }) => path.startsWith(`/api/v1/${prefix}`));

test.each(of("read"))("reads the envelopes of $path", async (answer) => {
  const read = await readAnswer(answer, (client) => client.read("any"));
  const { batch } = JSON.parse(answer.body).envelopes as { batch: { timestamp: string }[] };
  expect(read.map(({ timestamp }) => `${timestamp}`)).toEqual(
    batch.map(({ timestamp }) => timestamp),
  );
  if (!answer.path.includes("name_filter")) {
    for (const envelope of read) {
      expect(stored).toContainEqual(envelope);
    }
  }
});

test.each(of("meta"))("reads meta", async (answer) => {
  const meta = await readAnswer(answer, (client) => client.meta());
  expect(meta.get("a/b")).toEqual({
    count: 1,
    expired: 0,
    oldestTimestamp: 1795363066000000000n,
    newestTimestamp: 1795363066000000000n,
  });
});

test.each(of("info"))("reads info", async (answer) => {
  expect(await readAnswer(answer, (client) => client.info())).toEqual({
    version: "3.2.12",
    vmUptimeMs: 6_264_000,
  });
});

test.each(of("query"))("reads the result of $path", async (answer) => {
  const isRange = answer.path.includes("query_range");
  const result = await readAnswer<QueryResult>(answer, (client) =>
    isRange ? client.queryRange("1", { start: 0n, end: 0n, step: 1 }) : client.query("1"),
  );
  const { data } = JSON.parse(answer.body);
  expect(result.resultType).toBe(data.resultType);
  const points = [...answer.body.matchAll(/\[(\d+)\.(\d{3}),"([^"]+)"\]/g)].map(
    ([, seconds, fraction, value]) => ({
      timestamp: BigInt(`${seconds}${fraction}`) * 1_000_000n,
      value: value === "NaN" ? Number.NaN : Number(value?.replace("Inf", "Infinity")),
    }),
  );
  const read =
    result.resultType === "scalar"
      ? [result.result]
      : result.resultType === "vector"
        ? result.result.map(({ point }) => point)
        : result.result.flatMap((series) => series.points);
  expect(read).toEqual(points);
});

test.each(answers.filter(({ status }) => status !== 200))(
  "reports $status for $path",
  async (answer) => {
    const error = await readAnswer(answer, (client) => client.read("any")).catch(
      (error: Error) => error,
    );
    const { code, message, errorType, error: text } = JSON.parse(answer.body);
    expect(error).toMatchObject({
      name: "LogCacheResponseError",
      status: answer.status,
      code: code ?? errorType,
      body: answer.body,
    });
    expect((error as Error).message).toContain(`got ${answer.status}: ${message ?? text}`);
  },
);
