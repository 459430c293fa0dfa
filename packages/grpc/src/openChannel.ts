import type { Socket } from "node:net";
import { checkServerIdentity, type PeerCertificate, type SecureContext } from "node:tls";
import {
  Channel,
  ChannelCredentials,
  type ChannelOptions,
  Client,
  connectivityState,
} from "@grpc/grpc-js";
import { abortable } from "@loggregator/core";
import { connectionFailure } from "./connectionFailure.js";
import { TlsError } from "./errors.js";
import { collectSockets } from "./sockets.js";

/** A connection that was made. */
export interface OpenConnection {
  /**
   * Aborts when it takes no more calls: it broke, or the server asked to leave it. Calls under way
   * may still come to their end; streams without an end should be ended.
   */
  readonly draining: AbortSignal;
  /** Ends it at once, with the calls on it. */
  destroy(): void;
}

export interface OpenChannel extends OpenConnection {
  readonly channel: Channel;
}

/** What it takes to open a channel. */
export interface ChannelTarget {
  readonly address: string;
  readonly context: SecureContext;
  /** The name in our own certificate, for messages. */
  readonly ownName: string;
  /** The name that the server's certificate must have. */
  readonly serverName: string;
  readonly channelOptions: ChannelOptions;
}

/**
 * Connects, once.
 *
 * @param target What grpc-js is to connect to.
 * @throws ConnectionError when that failed; the signal's reason when it aborted.
 */
export async function openChannel(
  target: string,
  { address, context, ownName, serverName, channelOptions }: ChannelTarget,
  signal: AbortSignal,
): Promise<OpenChannel> {
  let tlsError: TlsError | undefined;
  let over = false;
  const credentials = ChannelCredentials.createFromSecureContext(context, {
    checkServerIdentity: (name, certificate) => {
      // After an attempt that failed, grpc-js makes one more by itself, though the channel is closed,
      // and would keep what comes of it.
      if (over) return new Error("the channel is closed");
      tlsError = wrongName(name, certificate);
      return tlsError;
    },
  });
  const channel = new Channel(target, credentials, {
    "grpc.ssl_target_name_override": serverName,
    ...channelOptions,
  });
  const sockets = new Set<Socket>();
  const destroy = () => {
    over = true;
    closeChannel(channel);
    for (const socket of sockets) socket.destroy();
  };
  try {
    await collectSockets(sockets, async () => {
      const error = await untilReadyOrFailed(channel, signal);
      if (error !== undefined) throw connectionFailure(address, error, ownName, tlsError);
    });
  } catch (error) {
    destroy();
    throw error;
  }
  const draining = new AbortController();
  // The channel leaves this state when the connection breaks or is to be drained: calls under way
  // go on or fail by themselves, new ones need another.
  channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
    draining.abort();
    closeChannel(channel);
  });
  return { channel, draining: draining.signal, destroy };
}

/** Takes no more calls. Those under way come to their end; then the connection ends. */
export function closeChannel(channel: Channel): void {
  if (!isClosed(channel)) channel.close();
}

export function isClosed(channel: Channel): boolean {
  return channel.getConnectivityState(false) === connectivityState.SHUTDOWN;
}

/** Resolves with why the channel did not connect, undefined where it did. */
async function untilReadyOrFailed(
  channel: Channel,
  signal: AbortSignal,
): Promise<Error | null | undefined> {
  try {
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) return undefined;
      if (state === connectivityState.TRANSIENT_FAILURE) return await failure(channel);
      await abortable(signal, change(channel, state));
    }
  } catch (error) {
    // A channel that is closed in the turn in which it began to connect would go on to do so.
    await new Promise(setImmediate);
    throw error;
  }
}

/** Resolves when the channel's state is another. */
function change(channel: Channel, state: connectivityState): Promise<void> {
  return new Promise((resolve) => {
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve());
  });
}

/** Why the channel did not connect. A channel does not say; a call on it does, at once and without draining the machine. */
function failure(channel: Channel): Promise<Error | null> {
  const bytes = (value: Buffer) => value;
  const client = new Client("", ChannelCredentials.createInsecure(), { channelOverride: channel });
  return new Promise((resolve) => {
    client.makeUnaryRequest("/", bytes, bytes, Buffer.alloc(0), resolve);
  });
}

function wrongName(name: string, certificate: PeerCertificate): TlsError | undefined {
  const cause = checkServerIdentity(name, certificate);
  if (cause === undefined) return undefined;
  const names = certificate.subjectaltname ?? `CN=${certificate.subject?.CN}`;
  return new TlsError(
    `expected the server's certificate to be for "${name}", got one for "${names}"`,
    { cause },
  );
}
