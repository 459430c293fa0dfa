import { Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { answering, certificates, clientOf, ok, request, respond } from "../../testing/rawCalls.js";
import { framed, isRequestEnd, startRawHttp2Server } from "../../testing/rawHttp2Server.js";

describe("calls that the server did not process", () => {
  test("are sent once more after REFUSED_STREAM", async () => {
    let calls = 0;
    await using server = await answering((connection, id) => {
      if (calls++ === 0) {
        connection.sendReset(id, 7);
      } else {
        respond(connection, id, ok);
      }
    });
    using there = clientOf(server);
    expect(Buffer.from(await there.client.unary(request)).toString()).toBe("request");
    expect(calls).toBe(2);
    expect(server.connections[0]?.bodyOf(3)).toEqual(framed(request));
  });

  test("fail if they are refused again", async () => {
    let calls = 0;
    await using server = await answering((connection, id) => {
      calls++;
      connection.sendReset(id, 7);
    });
    using there = clientOf(server);
    await expect(there.client.unary(request)).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    expect(calls).toBe(2);
  });

  test("are sent on a new connection after GOAWAY; calls that it includes complete", async () => {
    await using server = await startRawHttp2Server(certificates.server, (connection, index) => {
      const ended: number[] = [];
      connection.onFrame((frame) => {
        if (!isRequestEnd(frame)) {
          return;
        }
        if (index > 0) {
          return respond(connection, frame.streamId, ok, [framed(Buffer.from("new"))]);
        }
        if (ended.push(frame.streamId) < 2) {
          return;
        }
        connection.sendGoaway(2 ** 31 - 1);
        connection.sendGoaway(1);
        respond(connection, 1, ok, [framed(Buffer.from("old"))]);
      });
    });
    using there = clientOf(server);
    const answers = await Promise.all([there.client.unary(request), there.client.unary(request)]);
    expect(answers.map((answer) => Buffer.from(answer).toString())).toEqual(["old", "new"]);
    expect(server.connections).toHaveLength(2);
    expect(server.connections[1]?.bodyOf(1)).toEqual(framed(request));
  });

  test("are not sent again once the server has responded", async () => {
    let calls = 0;
    await using server = await answering((connection, id) => {
      calls++;
      connection.sendResponse(id);
      connection.sendReset(id, 7);
    });
    using there = clientOf(server);
    await expect(there.client.unary(request)).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    expect(calls).toBe(1);
  });
});
