import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateAuthority, createCertificateAuthority } from "@loggregator/emulator";
import type { Flags } from "./peer.js";

const names = ["metron", "reverselogproxy", "client"] as const;

/** Certificates of one CA, in files for Go and for our loaders. */
export class Certificates implements AsyncDisposable {
  /** The `tls` option of an emulator that uses the same CA. */
  readonly authority: CertificateAuthority;
  readonly #directory: string;

  private constructor(authority: CertificateAuthority, directory: string) {
    this.authority = authority;
    this.#directory = directory;
  }

  static async make(): Promise<Certificates> {
    const authority = await createCertificateAuthority();
    const directory = await mkdtemp(join(tmpdir(), "loggregator-interop-"));
    await writeFile(join(directory, "ca.crt"), authority.certificate);
    for (const name of names) {
      const { cert, key } = await authority.issue({ commonName: name });
      await writeFile(join(directory, `${name}.crt`), cert);
      await writeFile(join(directory, `${name}.key`), key);
    }
    return new Certificates(authority, directory);
  }

  /** The paths for our loaders. */
  get clientPaths(): { caPath: string; certPath: string; keyPath: string } {
    const { ca, cert, key } = this.flags("client");
    return { caPath: ca, certPath: cert, keyPath: key };
  }

  /** The flags for the Go program. */
  flags(name: (typeof names)[number]): Flags & { ca: string; cert: string; key: string } {
    const file = (base: string) => join(this.#directory, base);
    return { ca: file("ca.crt"), cert: file(`${name}.crt`), key: file(`${name}.key`) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}
