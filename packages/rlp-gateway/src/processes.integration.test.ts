import { ChildProgram, FakeGateway, heartbeatEvent } from "@loggregator/testing";
import { expect, test } from "vitest";

const program = (name: string) => new URL(`../testing/${name}.mjs`, import.meta.url);

test("waits time out even if garbage is collected meanwhile", async () => {
  await using silent = await FakeGateway.start(() => {});
  await using child = new ChildProgram(program("garbageProgram"), {
    args: [silent.url],
    execArgv: ["--expose-gc"],
  });
  const { code, stdout, stderr } = await child.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({
    token: "TokenError",
    stream: "RetriesExhaustedError",
    aborted: "ended",
  });
});

test("a healthy stream survives a process that is stopped for longer than the heartbeat timeout", async () => {
  const heartbeatTimeoutMs = 1_000;
  await using gateway = await FakeGateway.start(async (connection) => {
    let isClosed = false;
    void connection.closed.then(() => {
      isClosed = true;
    });
    connection.open();
    while (!isClosed) {
      await connection.write(heartbeatEvent);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  await using child = new ChildProgram(program("readerProgram"), {
    args: [gateway.url, String(heartbeatTimeoutMs)],
  });
  for (const line of ["a", "b", "c"]) {
    while (gateway.connections.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await gateway.connections[0]?.send(line);
    expect(await child.next()).toEqual({ line });
    child.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2 * heartbeatTimeoutMs));
    child.signal("SIGCONT");
  }
  await gateway.connections[0]?.send("d");
  expect(await child.next()).toEqual({ line: "d" });
  expect(gateway.connections).toHaveLength(1);
});
