/** The thread of locks while heddle is run from its source, which Node.js cannot read by itself. */
import { createJiti } from 'jiti';

await createJiti(import.meta.url).import('./thread.ts');
