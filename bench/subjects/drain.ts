import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { createDrainReceiver } from "@loggregator/drain";
import { look } from "../sample.js";
import type { Subject, Subjects, Surroundings } from "../subject.js";
import { keep } from "./codec.js";

/** Receives syslog-tls from a process that sends at full speed. Every field is read. */
export const drain: Subjects = {
  ours: async (surroundings) => {
    const receiver = createDrainReceiver();
    const server = await receiver.listenTls({ ...certificate(surroundings), host: "127.0.0.1" });
    const batches = receiver.batches();
    return receiving(server.port, async () => {
      const { value = [] } = await batches.next();
      for (const { envelope } of value) {
        keep(look(envelope));
      }
      return value.length;
    });
  },

  plain: async (surroundings) => {
    let received = 0;
    let wake = () => {};
    const server = createServer(certificate(surroundings), (socket) => {
      socket.on("error", () => {});
      receivePlainly(socket, () => {
        received++;
        wake();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return receiving((server.address() as AddressInfo).port, async () => {
      received = 0;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      return received;
    });
  },
};

function certificate({ certPath, keyPath }: Surroundings) {
  return { cert: readFileSync(certPath), key: readFileSync(keyPath) };
}

/** @param next Resolves to the number of messages that were received since the last call. */
function receiving(port: number, next: () => Promise<number>): Subject {
  const feeder = fork(fileURLToPath(new URL("../drainFeeder.js", import.meta.url)), [String(port)]);
  return {
    async work(until) {
      let items = 0;
      do {
        items += await next();
      } while (performance.now() < until);
      return items;
    },
    close: () => void feeder.kill(),
  };
}

const form = /^<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[.*?\])+)(?: (.*))?$/s;

/** A simple hand-written receiver: strings, one regular expression, and no limits. */
function receivePlainly(socket: NodeJS.ReadableStream, received: () => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    rest += chunk;
    for (;;) {
      const space = rest.indexOf(" ");
      const end = space + 1 + Number(rest.slice(0, space));
      if (space < 0 || end > rest.length) {
        return;
      }
      const [, priority, time = "", host, app, process, , data = "", text = ""] =
        form.exec(rest.slice(space + 1, end)) ?? [];
      rest = rest.slice(end);
      const tags = Object.fromEntries(
        [...data.matchAll(/ ([^=\s]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
          name,
          value,
        ]),
      );
      const message = { priority, time: new Date(time), host, app, process, tags, text };
      keep(message.text.length + Object.keys(message.tags).length);
      received();
    }
  });
}
