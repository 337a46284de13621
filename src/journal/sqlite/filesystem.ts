import { readFileSync, statfsSync } from 'node:fs';
import { HeddleError } from '../../errors/index.ts';

/** Numbers by which `statfs` names file systems of other machines. */
const NETWORK: Readonly<Record<number, string>> = {
  0x6969: 'nfs',
  0x517b: 'smb',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb2',
  0x01021997: '9p',
  0x5346414f: 'afs',
  0x00c36400: 'ceph',
  0x564c: 'ncp',
  0x0bd00bd0: 'lustre',
  0x47504653: 'gpfs',
};
/** Everything in user space; only the table of mounts tells what it is. */
const FUSE = 0x65735546;
const NETWORK_FUSE =
  /^fuse\.(sshfs|rclone|s3fs|gcsfuse|glusterfs|cephfs|ceph-fuse|davfs2?|smbnetfs|curlftpfs|goofys|mount-s3|juicefs)$/;

/** Where file systems are looked up; tests hand in their own. */
export interface FileSystems {
  /** The number `statfs` gives for a directory. */
  typeOf(directory: string): number;
  /** The table of mounts as Linux writes it to /proc/self/mounts; empty where there is none. */
  mounts(): string;
}

const SYSTEM: FileSystems = {
  typeOf: (directory) => statfsSync(directory).type,
  mounts: () => {
    try {
      return readFileSync('/proc/self/mounts', 'utf8');
    } catch {
      return '';
    }
  },
};

/**
 * Refuses a directory on a file system of another machine: SQLite's locks and its shared memory do not hold there.
 *
 * @throws HEDDLE_JOURNAL_FILESYSTEM
 */
export function refuseNetwork(directory: string, systems: FileSystems = SYSTEM): void {
  // Signed on some platforms.
  const type = systems.typeOf(directory) >>> 0;
  const name = type === FUSE ? networkFuse(directory, systems.mounts()) : NETWORK[type];
  if (name === undefined) return;
  throw new HeddleError(
    'HEDDLE_JOURNAL_FILESYSTEM',
    `The directory ${directory} lies on a network file system (${name}), whose locks a journal cannot rely on. Put the journal on a local disk, or run with --no-journal.`,
  );
}

function networkFuse(directory: string, mounts: string): string | undefined {
  let nearest = { point: '', type: '' };
  for (const line of mounts.split('\n')) {
    const [, escaped = '', type = ''] = line.split(' ');
    const point = escaped.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    const holds = point === '/' || directory === point || directory.startsWith(`${point}/`);
    if (holds && point.length >= nearest.point.length) nearest = { point, type };
  }
  return NETWORK_FUSE.test(nearest.type) ? nearest.type : undefined;
}
