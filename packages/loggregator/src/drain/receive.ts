import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Envelope } from "@loggregator/api";
import { formatHostPort, onAbort } from "@loggregator/core";
import { createDrainReceiver, type DrainReceiver } from "@loggregator/drain";
import { CommandError, UsageError } from "../errors.js";
import { filterPredicate } from "../filter/filterPredicate.js";
import { filterOf, type TextFilter } from "../read/textFilter.js";
import type { Session } from "../session.js";
import { createPrinter, type LineOptions } from "../terminal/printer/createPrinter.js";
import { counted } from "../text/formatNumbers.js";
import { readPem, requirePair } from "./readPem.js";

/** The options of `loggregator drain receive`. */
export interface ReceiveOptions
  extends LineOptions,
    Omit<TextFilter, "grep" | "ignoreCase" | "highlight"> {
  readonly port?: number | undefined;
  readonly syslogPort?: number | undefined;
  readonly host?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
  readonly user?: string | undefined;
  readonly sourceId?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
  readonly joinGauges?: boolean | undefined;
  readonly count?: number | undefined;
}

/**
 * Serves drains and prints their messages, until the requested number was printed or the session
 * ends.
 */
export async function receive(options: ReceiveOptions, session: Session): Promise<void> {
  const { stdout, signal, say } = session;
  const { count = Number.POSITIVE_INFINITY } = options;
  const keeps = predicateOf(options);
  const printer = createPrinter(options, stdout);
  const receiver = createDrainReceiver({
    acknowledge: "consumed",
    auth: authentication(options),
    joinGauges: options.joinGauges,
    closeTimeoutMs: 1_000,
    onInvalid: (error, _, { remoteAddress }) => say(`from ${remoteAddress}: ${error.message}`),
    onRefused: ({ message }, { remoteAddress }) => say(`from ${remoteAddress}: ${message}`),
    logger: null,
  });
  const server = await listen(receiver, options, say);
  // Closing the receiver ends a loop that waits for messages.
  const removeListener = onAbort(signal, () => void receiver.close());
  let left = count;
  try {
    for await (const batch of receiver.batches()) {
      let lines = "";
      for (const { envelope } of batch) {
        if (left > 0 && keeps(envelope)) {
          left -= 1;
          lines += printer.print([envelope]);
        }
      }
      await stdout.write(lines, signal);
      if (left === 0) {
        // Ends the loop after this batch has been acknowledged.
        void receiver.close();
      }
    }
  } finally {
    removeListener();
    await receiver.close();
    server.close();
    server.closeAllConnections();
  }
  if (session.interrupted) {
    say(`${counted(receiver.stats.received, "message")} received`);
  }
}

function predicateOf(options: ReceiveOptions): (envelope: Envelope) => boolean {
  const { sourceId, type } = options;
  const passes = filterPredicate(filterOf(options));
  return (envelope) =>
    (sourceId === undefined || sourceId.includes(envelope.sourceId)) &&
    (type === undefined || type.includes(envelope.message?.$case ?? "")) &&
    passes(envelope);
}

function authentication({ user, clientCa }: ReceiveOptions) {
  const { DRAIN_PASSWORD: password, DRAIN_TOKEN: bearer } = process.env;
  if ((user === undefined) !== (password === undefined)) {
    throw new UsageError("--user and DRAIN_PASSWORD must be used together; pass both or neither");
  }
  return {
    ...(user !== undefined && { basic: { username: user, password: password as string } }),
    ...(bearer !== undefined && { bearer }),
    ...(clientCa !== undefined && { clientCertificate: true }),
  };
}

async function listen(
  receiver: DrainReceiver,
  options: ReceiveOptions,
  say: Session["say"],
): Promise<Server> {
  const { host, syslogPort, port = Number(process.env["PORT"] ?? 8080) } = options;
  requirePair(options.cert, options.key);
  const pem = await readPem(
    { cert: options.cert, key: options.key, ca: options.clientCa },
    { cert: "--cert", key: "--key", ca: "--client-ca" },
  );
  const { cert, key, ca } = pem;
  if (ca !== undefined && cert === undefined) {
    throw new UsageError("--client-ca needs --cert and --key");
  }
  const server =
    cert === undefined || key === undefined
      ? createHttpServer(receiver.node)
      : createHttpsServer(
          {
            cert,
            key,
            ...(ca && { ca }),
            requestCert: ca !== undefined,
            rejectUnauthorized: false,
          },
          receiver.node,
        );
  try {
    server.listen({ port, host });
    await once(server, "listening");
    const bound = server.address() as AddressInfo;
    const address = formatHostPort({ host: bound.address, port: bound.port });
    say(`listening on ${cert ? "https" : "http"}://${address}`);
    if (syslogPort !== undefined) {
      const place = { port: syslogPort, host };
      const syslog =
        cert === undefined || key === undefined
          ? await receiver.listenTcp(place)
          : await receiver.listenTls({ ...place, cert, key, ca });
      say(`listening on ${cert ? "syslog-tls" : "syslog"}://${syslog.address}`);
    }
  } catch (cause) {
    server.close();
    throw new CommandError(`cannot listen: ${(cause as Error).message}; choose another port`, {
      cause,
    });
  }
  return server;
}
