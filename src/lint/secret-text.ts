/** Keys whose values are secrets wherever they are given as text. */
const SECRET_KEY =
  /(^|[-_.])(passw(or)?d|passphrase|pwd|secret|token|api[-_]?key|apikey|access[-_]?key|secret[-_]?key|private[-_]?key|client[-_]?secret|authorization)$/i;

/** What stands in examples where a secret would be, and words that say how, not what. */
const PLACEHOLDER =
  /^(\W*|x{3,}|<.*>|\[.*\]|\$\{.*\}|\$\w+|%\w+%|(your|my|the|some|a)[-_ ].*|change[-_ ]?me|dummy|example|fake|none|null|redacted|secret|password|token|test|todo|true|false|basic|bearer|digest|\d{1,4})$/i;

/** Tokens whose issuers made them recognisable. */
const KNOWN: readonly (readonly [noun: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['an access key of AWS', /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a token of GitHub', /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['a token of Slack', /\bxox[abeprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/],
  ['a key of Stripe', /\b[rs]k_(live|test)_[A-Za-z0-9]{16,}/],
  ['a key of Google', /\bAIza[A-Za-z0-9_-]{35}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a token of PyPI', /\bpypi-[A-Za-z0-9_-]{50,}/],
  ['a key of SendGrid', /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/],
  ['a key of Anthropic or OpenAI', /\bsk-(ant|proj)-[A-Za-z0-9_-]{20,}/],
  ['a signed token (JWT)', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ['an address with a password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@<{]*:[^\s/@<{*$]+@[^\s/]/i],
];

/** Keys whose values are long and random, and no secret. */
const FINGERPRINT_KEY =
  /(hash|digest|checksum|sha\d*|md5|integrity|signature|etag|fingerprint|certificate|public[-_]?key|pattern)$/i;

/** Bits a character: random Base64 of this length has more than 4.9, text and names have less than 4.5. */
const MIN_ENTROPY = 4.6;
const MIN_RANDOM_LENGTH = 40;
const MAX_RANDOM_LENGTH = 256;

/**
 * What a text is, if it is a secret: `a token of GitHub`. Undefined for everything else, and for what may as well be
 * something else: the rule is to be believed.
 *
 * @param key the key it stands under
 */
export function secretIn(text: string, key: string): string | undefined {
  const known = KNOWN.find(([, pattern]) => pattern.test(text))?.[0];
  if (known !== undefined) return known;
  const isTemplate = text.includes('<<') || text.includes('{{');
  if (isTemplate) return undefined;
  const bare = text.trim().replace(/^(basic|bearer|token)\s+/i, '');
  if (SECRET_KEY.test(key) && !PLACEHOLDER.test(bare) && !/\s/.test(bare)) return `the value of '${key}'`;
  return !FINGERPRINT_KEY.test(key) && isRandom(bare) ? 'a long random text' : undefined;
}

function isRandom(text: string): boolean {
  if (text.length < MIN_RANDOM_LENGTH || text.length > MAX_RANDOM_LENGTH) return false;
  if (!/^[A-Za-z0-9+/_=-]+$/.test(text)) return false;
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text) && entropyOf(text) >= MIN_ENTROPY;
}

/** Shannon's, in bits a character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
