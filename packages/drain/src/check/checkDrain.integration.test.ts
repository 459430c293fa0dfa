import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { listen } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { answer, check, httpsServer, withSockets } from "../../testing/checkedServers.js";
import {
  chain,
  client,
  good,
  hourMs,
  intermediate,
  issue,
  root,
} from "../../testing/identities.js";
import { createDrainReceiver } from "../index.js";
import { checkDrain } from "./index.js";

describe("a receiver that works", () => {
  test.each(["https", "https-batch", "syslog-tls", "syslog", "http"])("over %s", async (scheme) => {
    const receiver = createDrainReceiver();
    const place = { host: "127.0.0.1" };
    await using server = scheme.startsWith("https")
      ? await listen(httpsServer(receiver.node))
      : scheme === "http"
        ? await listen(withSockets(createHttpServer(receiver.node)))
        : scheme === "syslog"
          ? await receiver.listenTcp(place)
          : await receiver.listenTls({ ...chain(good), ca: root.cert, ...place });
    async function* received() {
      for await (const { message } of receiver) {
        const data = message.structuredData.flatMap(({ parameters }) => parameters.flat());
        yield `${[Buffer.from(message.message), ...data].join(" ").replaceAll("\n", " ")}\n`;
      }
    }
    const report = await check(server, scheme, {
      count: 5,
      timeoutMs: 5_000,
      received: received(),
      tls: { cert: client.cert, key: client.key },
    });
    expect(report.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      sent: 30,
      arrivals: { arrived: 30, duplicated: 0, missing: {}, firstMs: expect.any(Number) },
    });
    if (scheme.includes("tls") || scheme.startsWith("https")) {
      expect(report.protocol).toBe("TLSv1.3");
      expect(report.chain.slice(0, 2)).toMatchObject([
        { subject: "receiver", issuer: "Test Intermediate", altNames: ["DNS:localhost"] },
        { subject: "Test Intermediate", issuer: "Test Root" },
      ]);
    } else {
      expect(report.problems).toMatchObject([{ code: "unencrypted" }]);
    }
    await receiver.close();
  });

  test("but loses messages of one kind: messages-lost", async () => {
    const receiver = createDrainReceiver();
    await using server = await listen(httpsServer(receiver.node));
    async function* received() {
      for await (const { envelope, message } of receiver) {
        if (envelope.message?.$case !== "counter") {
          yield `${JSON.stringify(message.structuredData)}\n`;
        }
      }
    }
    const report = await check(server, "https", { count: 2, received: received() });
    expect(report.problems).toMatchObject([
      {
        code: "messages-lost",
        message: "2 of 12 messages did not arrive within 500 ms (2 counter)",
      },
    ]);
    expect(report.arrivals).toMatchObject({ arrived: 10, missing: { counter: 2 } });
    await receiver.close();
  });

  test("but whose certificate expires soon: expires-soon, which is a warning", async () => {
    const notAfter = new Date(Date.now() + 3.5 * 24 * hourMs);
    const soon = await issue({ name: "receiver", notAfter }, intermediate);
    await using server = await listen(createHttpsServer(chain(soon), answer(200)));
    const report = await check(server, "https");
    expect(report).toMatchObject({ ok: true, problems: [{ code: "expires-soon" }] });
  });
});

test("rejects invalid arguments", async () => {
  await expect(checkDrain("ftp://x")).rejects.toThrow(/schemes/);
  await expect(checkDrain("https://x", { count: 0 })).rejects.toThrow("count must be");
});
