import { anyText, dictionary } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { typeError } from "../../testing/errors.js";
import { counterEnvelope, EnvelopeBatchWriter } from "../index.js";
import { decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";

describe("the client's tags", () => {
  const decoded = (writer: EnvelopeBatchWriter) =>
    decodeEnvelopeBatch(writer.take()).batch.map((envelope) => envelope.tags);

  test("are added to envelopes of every type", () => {
    const writer = new EnvelopeBatchWriter({ origin: "me", job: "web" });
    writer.log("l");
    writer.counter("c");
    writer.gauge({ g: { value: 1 } });
    writer.timer("t", 1n, 2n);
    writer.event("e", "b");
    writer.envelope(counterEnvelope("made", { tags: { own: "tag" } }));
    expect(decoded(writer)).toEqual([
      ...Array<unknown>(5).fill({ origin: "me", job: "web" }),
      { origin: "me", job: "web", own: "tag" },
    ]);
  });

  test("are overridden by an envelope's own tag of the same name, and written once", () => {
    const writer = new EnvelopeBatchWriter({ origin: "me", job: "web" });
    writer.log("", { timestamp: 0n, stream: "stdout", tags: { origin: "other" } });
    const bytes = writer.take();
    expect(decodeEnvelopeBatch(bytes).batch[0]?.tags).toEqual({ origin: "other", job: "web" });
    expect(Buffer.from(bytes).toString("latin1").split("origin")).toHaveLength(2);
  });

  test("are overridden by the source type of a log", () => {
    const writer = new EnvelopeBatchWriter({ source_type: "client", origin: "me" });
    writer.log("", { sourceType: "APP" });
    writer.log("", { sourceType: "APP", tags: { source_type: "own" } });
    writer.log("", { tags: { source_type: "own" } });
    writer.log("");
    expect(decoded(writer)).toEqual([
      { source_type: "APP", origin: "me" },
      { source_type: "APP", origin: "me" },
      { source_type: "own", origin: "me" },
      { source_type: "client", origin: "me" },
    ]);
  });

  test("merge as in { ...clientTags, ...tags }", () => {
    // Few names, so that the two sets often overlap.
    const names = fc.constantFrom("a", "b", "source_type", "__proto__", "constructor", "");
    const some = dictionary(names, anyText);
    fc.assert(
      fc.property(some, some, (clientTags, own) => {
        const writer = new EnvelopeBatchWriter(clientTags);
        writer.log("", { tags: own });
        const wellFormed = (entries: [string, string][]) =>
          entries.map(([name, value]) => [name, Buffer.from(value).toString()]).sort();
        expect(decoded(writer).map((t) => Object.entries(t).sort())).toEqual([
          wellFormed(Object.entries({ ...clientTags, ...own })),
        ]);
      }),
    );
  });

  test("are copied by the constructor", () => {
    const clientTags: Record<string, string> = { origin: "me" };
    const writer = new EnvelopeBatchWriter(clientTags);
    clientTags["origin"] = "changed";
    writer.log("");
    writer.log("", { tags: { origin: "own" } });
    clientTags["late"] = "tag";
    writer.log("");
    expect(decoded(writer)).toEqual([{ origin: "me" }, { origin: "own" }, { origin: "me" }]);
  });

  test("that are not strings are rejected by the constructor", () => {
    const bad = { origin: 5 } as unknown as Record<string, string>;
    expect(() => new EnvelopeBatchWriter(bad)).toThrow(
      typeError('tags["origin"] must be a string, got 5'),
    );
  });
});
