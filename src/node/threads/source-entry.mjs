/** What a thread of actions runs while heddle is run from its source, which Node.js cannot read by itself. */
import { createJiti } from 'jiti';

export const { call } = await createJiti(import.meta.url).import('./entry.ts');
