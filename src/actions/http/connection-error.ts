import { ActionError, HeddleError } from '../../errors/index.ts';
import { errorCode, reasonOf } from '../files/file-error.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be resolved',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_SOCKET: 'the connection was closed before the response ended',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

/**
 * What kept a request from a (whole) response: HEDDLE_HTTP_CONNECTION, whose result is `{url}`, or HEDDLE_INPUT_INVALID
 * where the request cannot even be sent.
 */
export function connectionError(error: unknown, url: URL): HeddleError {
  const code = errorCode(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    if (!reasonOf(error).startsWith('Redirect loop')) {
      return new HeddleError('HEDDLE_INPUT_INVALID', `the request cannot be sent: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    return failure('the redirects go round in a circle', url, error);
  }
  const reason = REASONS[code ?? ''];
  return failure(reason === undefined ? `no response: ${reasonOf(error)}` : `${reason} (${code ?? ''})`, url, error);
}

function failure(message: string, url: URL, cause: unknown): ActionError {
  return new ActionError(message, { code: 'HEDDLE_HTTP_CONNECTION', result: { url: url.href }, cause });
}
