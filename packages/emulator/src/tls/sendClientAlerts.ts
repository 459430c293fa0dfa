import { createCipheriv, createHmac } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";

/** Internal members of a `TLSSocket`. */
interface TlsInternals {
  /** Whether Node.js destroys the connection if it does not trust the client's certificate. */
  _rejectUnauthorized?: boolean;
  /** The connection below TLS. */
  readonly _parent?: Duplex;
}

type SocketListener = (socket: TLSSocket) => void;

const unknownCa = 48;
const badCertificate = 42;
const certificateExpired = 45;

/** By OpenSSL's names of errors. Go uses no other alerts for a rejected certificate. */
const alerts: Readonly<Record<string, number>> = {
  CERT_HAS_EXPIRED: certificateExpired,
  CERT_NOT_YET_VALID: certificateExpired,
  CERT_SIGNATURE_FAILURE: unknownCa,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
};

/** The time for which a refused client may keep its connection open, in milliseconds. */
const closeTimeoutMs = 5000;

/**
 * Sends the alert of a server in Go to clients whose certificate is not accepted, on TLS 1.3:
 * `unknown ca`, `certificate expired` or `bad certificate`.
 *
 * Node.js checks certificates only after the handshake, and cannot send alerts. So the alert is
 * encrypted here, with the secret that Node.js reports for key logs. Without such a secret, Node.js
 * destroys the connection as usual.
 */
export function sendClientAlerts(server: Server): void {
  const secrets = new WeakMap<TLSSocket, Buffer>();
  server.on("keylog", (line: Buffer, socket: TLSSocket) => {
    const [label, , secret = ""] = line.toString("latin1").trim().split(" ");
    if (label === "SERVER_TRAFFIC_SECRET_0") {
      secrets.set(socket, Buffer.from(secret, "hex"));
      (socket as TlsInternals)._rejectUnauthorized = false;
    }
  });
  const listeners = server.listeners("secureConnection") as SocketListener[];
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket: TLSSocket) => {
    const secret = secrets.get(socket);
    secrets.delete(socket);
    if (!socket.authorized) {
      refuse(socket, secret);
      return;
    }
    for (const listener of listeners) {
      listener.call(server, socket);
    }
  });
}

function refuse(socket: TLSSocket, secret: Buffer | undefined): void {
  // The client may close the connection during a write.
  socket.on("error", () => {});
  const transport = (socket as TlsInternals)._parent;
  if (secret === undefined || transport === undefined) {
    socket.destroy();
    return;
  }
  const description = alerts[String(socket.authorizationError)] ?? badCertificate;
  transport.end(encryptAlert(description, secret, socket.getCipher().name));
  // With unread data, the system would reset the connection, and the client would lose the alert.
  socket.resume();
  socket.setTimeout(closeTimeoutMs, () => socket.destroy());
}

/** The record of a fatal alert, the first that the server sends after its handshake: RFC 8446, 5.2. */
function encryptAlert(description: number, secret: Buffer, suite: string): Buffer {
  const hash = suite.endsWith("SHA384") ? "sha384" : "sha256";
  const cipher = suite.includes("CHACHA20")
    ? "chacha20-poly1305"
    : suite.includes("AES_256")
      ? "aes-256-gcm"
      : "aes-128-gcm";
  const key = expandLabel(hash, secret, "key", cipher === "aes-128-gcm" ? 16 : 32);
  // The nonce is this, combined with the number of the record: 0.
  const iv = expandLabel(hash, secret, "iv", 12);
  // Level fatal, the description, and the type of the content.
  const content = Buffer.from([2, description, 21]);
  const header = Buffer.from([23, 3, 3, 0, content.length + 16]);
  const encryption = createCipheriv(cipher as "aes-128-gcm", key, iv, { authTagLength: 16 });
  encryption.setAAD(header, { plaintextLength: content.length });
  const encrypted = Buffer.concat([encryption.update(content), encryption.final()]);
  return Buffer.concat([header, encrypted, encryption.getAuthTag()]);
}

/** HKDF-Expand-Label of RFC 8446, 7.1, for results that are no longer than the hash. */
function expandLabel(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const name = `tls13 ${label}`;
  const info = Buffer.from([0, length, name.length, ...Buffer.from(name), 0, 1]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}
