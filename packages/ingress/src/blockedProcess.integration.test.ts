import { createCertificates } from "@loggregator/testing/certificates";
import { expect, test } from "vitest";
import { AgentProcesses } from "../testing/agentProcess.js";
import { emitNumbers, range } from "../testing/envelopes.js";
import { IngressClient } from "./index.js";

/** Blocks this process, as a SIGSTOP or a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test.for(["stream", "acknowledged"] as const)(
  "a process that is blocked longer than stallTimeoutMs and closeTimeoutMs keeps its connection (%s)",
  async (delivery) => {
    const certificates = await createCertificates();
    await using agents = await AgentProcesses.create(certificates, 1);
    await agents.start();
    const errors: Error[] = [];
    const client = new IngressClient({
      address: agents.address,
      tls: certificates.client,
      delivery,
      batchMaxSize: 10,
      flushIntervalMs: 5,
      stallTimeoutMs: 3_000,
      closeTimeoutMs: 3_500,
      onRetryableError: (error) => errors.push(error),
    });
    // All envelopes fit into the server's window: it can respond while this process is blocked.
    emitNumbers(client, 0, 1_000);
    while (client.stats.sent === 0) {
      await new Promise(setImmediate);
    }
    block(3_500);
    await client.flush();
    emitNumbers(client, 1_000, 1_000);
    const closing = client.close();
    await new Promise(setImmediate);
    block(4_000);
    await closing;
    expect(errors).toEqual([]);
    expect(await agents.received()).toEqual(range(0, 2_000));
  },
);
