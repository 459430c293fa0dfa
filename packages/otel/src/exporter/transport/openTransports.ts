import type { Logger } from "@loggregator/core";
import type { Connection } from "@loggregator/grpc";
import { createGrpcTransport, openGrpcConnection } from "#nodeTransport";
import { HttpTransport } from "../http/httpTransport.js";
import type { OtlpSignal } from "../otlpSignal.js";
import type { Transport } from "./transport.js";
import type { GrpcSettings, TransportSettings } from "./transportSettings.js";

/** Opens the transport of each signal. Those over gRPC to the same server share a connection. */
export function openTransports(
  settings: Readonly<Record<OtlpSignal, TransportSettings>>,
  logger: Logger,
): Readonly<Record<OtlpSignal, Transport>> {
  const connections: [GrpcSettings, Connection][] = [];
  const connectionOf = (own: GrpcSettings): Connection => {
    const open = connections.find(([other]) => isSameServer(own, other));
    if (open !== undefined) {
      return open[1];
    }
    const connection = openGrpcConnection(own, logger);
    connections.push([own, connection]);
    return connection;
  };
  const transport = (kind: OtlpSignal): Transport => {
    const own = settings[kind];
    return own.protocol === "http"
      ? new HttpTransport(kind, own)
      : createGrpcTransport(kind, own, connectionOf(own));
  };
  return { logs: transport("logs"), metrics: transport("metrics"), traces: transport("traces") };
}

function isSameServer(one: GrpcSettings, other: GrpcSettings): boolean {
  return (
    one.address === other.address && one.tls === other.tls && one.serverName === other.serverName
  );
}
