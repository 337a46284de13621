import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../../test/servers/program.ts';

/** Whether {@link makeCertificate} works here. */
export const hasOpenssl = findProgram('openssl') !== null;

/** A key and a certificate of its own for 127.0.0.1. */
export interface Certificate {
  readonly keyFile: string;
  readonly file: string;
}

/** Makes a certificate in a directory. */
export async function makeCertificate(directory: string): Promise<Certificate> {
  const [keyFile, file] = [path.join(directory, 'key.pem'), path.join(directory, 'certificate.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', file, ...subject];
  await promisify(execFile)('openssl', made);
  return { keyFile, file };
}

/** What a process that trusts the certificate reads back of what it wrote to the journal of a URL. */
export async function roundTrip(url: string, certificate: Certificate): Promise<string> {
  const program = path.join(import.meta.dirname, 'round-trip.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'jiti/register', program, url], {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.file },
  });
  return stdout;
}
