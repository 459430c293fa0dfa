import type { TlsMaterial } from "@loggregator/egress";
import { type Channel, ChannelCredentials, createChannel } from "nice-grpc";

/** Opens a plain gRPC channel with mutual TLS, for calls that our clients do not make. */
export function secureChannel(
  address: string,
  { ca, cert, key, serverName = "" }: TlsMaterial,
): Disposable & { readonly channel: Channel } {
  const [authority, ownKey, own] = [ca, key, cert].map((pem) => Buffer.from(pem as string));
  const channel = createChannel(
    address,
    ChannelCredentials.createSsl(authority ?? null, ownKey ?? null, own ?? null),
    { "grpc.ssl_target_name_override": serverName },
  );
  return { channel, [Symbol.dispose]: () => channel.close() };
}
