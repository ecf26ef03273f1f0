interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
}

/** Packages that a package chooses among by platform; one of each family is installed. */
const families = ['@img/sharp-libvips-', '@img/sharp-', '@esbuild/', '@resvg/resvg-js-'];

/**
 * The page of all licences: what an install brings, by licence, and what the repository holds
 * besides code.
 */
export function licencesPage(lockFile: string): string {
  const { packages } = JSON.parse(lockFile) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const byLicence = new Map<string, Set<string>>();
  for (const [path, { license = 'not stated', dev }] of Object.entries(packages)) {
    if (path === '' || dev === true) continue;
    const name = path.replace(/.*node_modules\//, '');
    const family = families.find((start) => name.startsWith(start));
    const label = family === undefined ? name : `${family}*`;
    byLicence.set(license, (byLicence.get(license) ?? new Set()).add(label));
  }
  const rows = [...byLicence].sort(([a], [b]) => a.localeCompare(b, 'en'));
  return `# Licences

Restage has the MIT licence (\`LICENSE\`). \`npm run reference\` writes this page from \`package-lock.json\`.

## Packages that an install brings

| licence | packages |
| --- | --- |
${rows.map(([licence, names]) => `| ${licence} | ${[...names].sort().join(', ')} |`).join('\n')}

\`dejavu-fonts-ttf\` holds the DejaVu fonts, which charts use: the Bitstream Vera licence, changes in the public domain. \`h5wasm\` contains
HDF5, with the BSD licence of The HDF Group. The packages of \`sharp\` contain libvips and its libraries, linked dynamically (LGPL 3 or later).
Packages that only development needs are in \`package.json\`, under \`devDependencies\`.

## Packages that are built into \`dist/\`

\`dist/tfjs.js\` holds parts of \`@tensorflow/tfjs-core\` and \`@tensorflow/tfjs-backend-cpu\` (Apache-2.0), \`@tensorflow/tfjs-layers\` (Apache-2.0 and
MIT), \`long\` (Apache-2.0) and \`seedrandom\` (MIT); so does \`dist/page/model-network.js\`, with \`@tensorflow/tfjs-backend-wasm\` (Apache-2.0), whose WebAssembly is beside it. \`dist/tfjs.LICENSE.txt\` has their licences. \`dist/page/\`, which browsers load, holds
\`preact\` (MIT).

## Weights and pictures

- \`@vladmandic/face-api\` (MIT) contains the weights of its networks for age, gender, and the detection, landmarks and recognition of faces. Restage reads them from that package.
- ImageNet's weights for Xception are downloaded from Keras's releases when a pipeline asks for them. They are in no package.
- The faces that Restage draws, all pictures of its pages and their charts come from this project. No photograph is in the repository or in
  the package.
`;
}
