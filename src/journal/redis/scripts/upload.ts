import { script } from '../script.ts';
import { ARGUMENTS } from './fragments.ts';

/** Begins the upload of a value's parts, which goes by itself where no call holds the value. */
export const BEGIN_UPLOAD = script(
  'begin-upload',
  [ARGUMENTS],
  `
-- Keys: upload:CLIENT:NUMBER
-- Arguments: its name; how long it stays (ms)
-- Returns: 'OK'
local upload = key(take())
redis.call('HSET', upload, '0', '')
redis.call('PEXPIRE', upload, take())
return 'OK'
`,
);
