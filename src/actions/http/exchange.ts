/** What a body is turned into. */
export type ResponseType = 'auto' | 'json' | 'text' | 'bytes' | 'none';

type Scalar = string | number | boolean;

/** An HTTP request as `http.request` takes it. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, Scalar>>;
  readonly query?: Readonly<Record<string, Scalar | null | readonly Scalar[]>>;
  readonly auth?: { readonly username?: string; readonly password?: string; readonly token?: string };
  readonly body?: unknown;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  /** `200`, `2xx`, or a list of these. */
  readonly expect: number | string | readonly (number | string)[];
  readonly response: ResponseType;
  readonly 'max-bytes': number;
  readonly redirects: number;
}

/** What `http.*` gives. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: unknown;
  /** After redirects. */
  readonly url: string;
  readonly duration_ms: number;
  /** Seconds that a Retry-After header asks to wait. */
  readonly retry_after: number | null;
}
