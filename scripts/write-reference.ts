// Writes what of the repository follows from the code: pipeline.schema.json, docs/kinds.md, the tables of docs/yaml.md.
//   npm run reference
import { writeFileSync } from 'node:fs';
import { generatedFiles, inRepository } from './generated-files.ts';

for (const [path, text] of Object.entries(await generatedFiles())) writeFileSync(inRepository(path), text);
