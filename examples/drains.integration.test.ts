import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrainSender } from "@loggregator/drain";
import { describe, expect, test } from "vitest";
import { Example } from "./testing/example.js";
import { oneOfEach } from "./testing/loggregator.js";

describe("drain-to-file and drain-hono", () => {
  const env = { HOST: "127.0.0.1", PORT: "0" };
  const urlOf = async (example: Example) =>
    (await example.printed(/^listening on /))[0]?.slice("listening on ".length) ?? "";
  const emitAll = (sender: DrainSender) => {
    for (const envelope of oneOfEach) {
      sender.emit(envelope);
    }
  };

  test("drain-to-file has each envelope on the disk before it is acknowledged", async () => {
    const folder = await mkdtemp(join(tmpdir(), "loggregator-examples-"));
    const path = join(folder, "drain.jsonl");
    await using example = new Example("drain-to-file.js", {
      ...env,
      DRAIN_FILE: path,
      DRAIN_PASSWORD: "secret",
    });
    const url = (await urlOf(example)).replace("http://", "http-batch://drain:secret@");
    const sender = new DrainSender({ url: `${url}/shop?drain-data=all`, logger: null });
    emitAll(sender);
    await sender.flush();
    const lines = (await readFile(path, "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).path)).toEqual(
      Array(5).fill("/shop?drain-data=all"),
    );
    expect(lines.map((line) => JSON.parse(line).envelope)).toMatchObject([
      { source_id: "my-app", log: { payload: expect.any(String) } },
      { counter: { name: "requests", delta: "2" } },
      { gauge: { metrics: { cpu: { value: 12.5 } } } },
      { timer: { name: "http" } },
      { event: { title: "deploy" } },
    ]);
    await sender.close();
    expect(
      (await fetch(url.replace(/^http-batch:\/\/.*@/, "http://"), { method: "POST" })).status,
    ).toBe(401);
    expect(await example.interrupt()).toBe(0);
    expect(example.lines.at(-1)).toBe("envelopes written: 5");
    await rm(folder, { recursive: true });
  });

  test("drain-hono receives with its fetch handler, and ends on Ctrl-C", async () => {
    await using example = new Example("drain-hono.js", env);
    const url = await urlOf(example);
    await using sender = new DrainSender({ url: `${url}/drain`, logger: null });
    emitAll(sender);
    await sender.flush();
    expect(sender.stats.sent).toBe(5);
    expect(await (await fetch(url)).json()).toEqual({ "my-app": ["hello\u001b[2Jthere"] });
    expect((await fetch(`${url}/drain`, { method: "POST", body: "hello" })).status).toBe(400);
    await sender.close();
    expect(await example.interrupt()).toBe(0);
  });
});
