import { setTimeout as wait } from "node:timers/promises";
import { ChildProgram } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { expect, test } from "vitest";
import { FrameType, framed, isRequestEnd, startRawHttp2Server } from "../testing/rawHttp2Server.js";

test("a connection survives a SIGSTOP and a blocked event loop that are longer than its timeouts", async () => {
  const certificates = await createCertificates();
  await using server = await startRawHttp2Server(certificates.server, (connection) =>
    connection.onFrame((frame) => {
      if (isRequestEnd(frame)) {
        connection.sendResponse(1);
        connection.sendData(1, framed(Buffer.from("first")));
      }
    }),
  );
  const argument = JSON.stringify({ address: server.address, tls: certificates.client });
  await using child = new ChildProgram(new URL("../testing/sleepingCall.mjs", import.meta.url), {
    args: [argument],
  });
  await child.messages.count(1);
  const [connection] = server.connections;
  // The client is stopped while it waits for the reply to a ping.
  await connection?.frame(({ type }) => type === FrameType.ping);
  process.kill(child.pid, "SIGSTOP");
  // Four times the timeout of a ping. A stopped process emits no event to wait for.
  await wait(1_200);
  process.kill(child.pid, "SIGCONT");
  connection?.sendData(1, framed(Buffer.from("block")));
  await child.messages.count(2);
  connection?.sendData(1, framed(Buffer.from("third")));
  await child.messages.count(3);
  connection?.sendTrailers(1, { "grpc-status": "0" });
  await child.messages.count(4);
  expect(child.messages.values).toEqual(["first", "block", "third", "ended"]);
  expect(server.connections).toHaveLength(1);
});
