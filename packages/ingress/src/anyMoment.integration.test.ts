import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type GrpcTestServer, reserveTcpPort } from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import * as fc from "fast-check";
import { Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { emitNumbers, numberOf } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";
import { IngressClient } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const answers = {
  serve: (call: IngressCall, receive: (number: number) => void) =>
    call.serve((envelope) => receive(numberOf(envelope))),
  "never read": () => {},
  refuse: (call: IngressCall) => call.end(Status.UNAVAILABLE, "not now"),
  reset: (call: IngressCall) => call.stream.close(8),
};

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ emit: fc.nat({ max: 40 }), size: fc.nat({ max: 3_000 }) }) },
  { weight: 8, arbitrary: fc.record({ turns: fc.nat({ max: 30 }) }) },
  { weight: 4, arbitrary: fc.record({ answer: fc.constantFrom(...Object.keys(answers)) }) },
  { weight: 4, arbitrary: fc.constantFrom("disconnect", "stop", "start", "flush", "emit wrongly") },
  { weight: 1, arbitrary: fc.constantFrom("closeSend", "abort") },
);

test("every envelope is sent, dropped or queued under random operations and failures", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("stream" as const, "acknowledged" as const),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1_000, max: 100_000 }),
      fc.array(step, { minLength: 5, maxLength: 40 }),
      async (delivery, maxQueueSize, maxQueueBytes, steps) => {
        const received: number[] = [];
        let answer: keyof typeof answers = "serve";
        const listen = (port: number) =>
          startIngressServer(
            certificates.server,
            (call) => void answers[answer](call, (number) => received.push(number)),
            { port },
          );
        await using reserved = await reserveTcpPort();
        const { address, port } = reserved;
        let server: GrpcTestServer | undefined = await listen(port);
        const abort = new AbortController();
        let emitted = 0;
        let ended = false;
        let reported = 0;
        let published = 0;
        const broken = new Set<string>();
        const look = () => {
          const { sent, dropped, queued } = client.stats;
          if (sent + dropped + queued !== emitted) {
            broken.add("sent + dropped + queued = emitted");
          }
          if (queued > maxQueueSize) {
            broken.add("queued <= maxQueueSize");
          }
          if (reported > dropped) {
            broken.add("reported <= dropped");
          }
          if (published !== sent) {
            broken.add("published = sent");
          }
        };
        const client = new IngressClient({
          address,
          tls: certificates.client,
          delivery,
          logger: null,
          maxQueueSize,
          maxQueueBytes,
          batchMaxSize: 7,
          flushIntervalMs: 1,
          retry: { baseDelayMs: 1, maxDelayMs: 5 },
          stallTimeoutMs: 50,
          closeTimeoutMs: 100,
          signal: abort.signal,
          onDropped: (count) => {
            reported += count;
            look();
          },
          onRetryableError: look,
        });
        const onBatch = (message: unknown) => {
          const batch = message as { address: string; count: number };
          if (batch.address !== address) {
            return;
          }
          published += batch.count;
          look();
        };
        subscribe("loggregator:ingress:batch", onBatch);
        const pending: Promise<unknown>[] = [];
        for (const doing of steps) {
          if (typeof doing === "object" && "emit" in doing) {
            for (let i = 0; i < doing.emit; i++) {
              emitNumbers(client, emitted, 1, doing.size);
              emitted++;
              look();
            }
          } else if (typeof doing === "object" && "turns" in doing) {
            for (let i = 0; i < doing.turns; i++) {
              await new Promise(setImmediate);
              look();
            }
          } else if (typeof doing === "object") {
            answer = doing.answer as keyof typeof answers;
          } else if (doing === "disconnect") {
            server?.disconnect();
          } else if (doing === "stop") {
            await server?.close();
            server = undefined;
          } else if (doing === "start") {
            server ??= await listen(port);
          } else if (doing === "flush") {
            pending.push(client.flush().catch(() => {}));
          } else if (doing === "closeSend") {
            ended = true;
            pending.push(client.closeSend().catch(() => {}));
          } else if (doing === "abort") {
            ended = true;
            abort.abort();
          } else {
            const emit = () => client.emitGauge({ fine: { value: 1 }, wrong: 1 as never });
            if (ended) {
              emitted++;
            }
            if (ended) {
              emit();
            } else {
              expect(emit).toThrow(TypeError);
            }
          }
          look();
        }
        await client.closeSend().catch(() => {});
        await Promise.all(pending);
        look();
        unsubscribe("loggregator:ingress:batch", onBatch);
        await server?.close();
        await Promise.resolve();
        expect([...broken]).toEqual([]);
        expect(client.stats.queued).toBe(0);
        expect(reported).toBe(client.stats.dropped);
        const once = [...new Set(received)];
        expect(once).toEqual([...once].sort((a, b) => a - b));
        if (delivery === "stream") {
          expect(received).toEqual(once);
        }
      },
    ),
    { numRuns: 50, interruptAfterTimeLimit: 5_000 },
  );
});
