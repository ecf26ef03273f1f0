// Writes the generated files (generated-files.ts): npm run reference
import { writeFileSync } from 'node:fs';
import { generatedFiles, inRepository } from './generated-files.ts';

for (const [path, text] of Object.entries(await generatedFiles()))
  writeFileSync(inRepository(path), text);
