import type { SecureContextOptions } from "node:tls";

/**
 * TLS as in agent, router and RLP: 1.2 and 1.3; on 1.2 ECDHE with AES-GCM only. The suites for
 * ECDSA are added to the two for RSA, as the emulator's own certificates are ECDSA.
 */
export const secureContextOptions: SecureContextOptions = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
  ].join(":"),
};
