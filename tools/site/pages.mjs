// The pages of the site, in the order of its navigation. Their titles are their first headings.

/** The repository, to which links to files outside of the site lead. */
export const repository = "https://github.com/loggregator-ts/loggregator-ts";

export const sections = [
  {
    title: "Guides",
    sources: [
      "docs/README.md",
      "docs/getting-started.md",
      "docs/cloud-foundry.md",
      "docs/choosing.md",
      "docs/testing.md",
      "docs/troubleshooting.md",
      "MIGRATING.md",
    ],
  },
  {
    title: "Reference",
    sources: [
      "docs/delivery.md",
      "docs/performance.md",
      "docs/security.md",
      "docs/protocol.md",
      "docs/from-go.md",
      "docs/modules.md",
      "docs/compatibility.md",
      "docs/decisions/README.md",
    ],
  },
];

/** Documents whose page includes the other documents of their folder, as sections. */
export const collections = ["docs/decisions/README.md"];

/** Copied to the site, as documents show them. */
export const images = ["docs/performance.svg"];

/** Returns the address of a document of the site, relative to the site's root. */
export function addressOf(source) {
  const name = source.replace(/^docs\//, "").replace(/(?<=.)\/README\.md$|\.md$/, "");
  return name === "README" ? "index.html" : `${name.toLowerCase()}.html`;
}
