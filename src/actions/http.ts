import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { sendRequest } from './http/request.ts';

const scalar = { type: ['string', 'number', 'boolean'] } as const;
const status = {
  anyOf: [
    { type: 'integer', minimum: 100, maximum: 599 },
    { type: 'string', pattern: '^[1-5]xx$' },
  ],
} as const;

const common = {
  url: { type: 'string', minLength: 1, description: 'An http or https address' },
  headers: { type: 'object', additionalProperties: scalar, description: 'Header fields' },
  query: {
    type: 'object',
    additionalProperties: { anyOf: [scalar, { type: 'array', items: scalar }, { type: 'null' }] },
    description: 'Added to the query of the address; a list repeats its name, null leaves it out',
  },
  auth: {
    type: 'object',
    properties: {
      username: { type: 'string', description: 'Basic authentication' },
      password: { type: 'string', description: 'Basic authentication' },
      token: { type: 'string', description: 'Bearer token' },
    },
    additionalProperties: false,
    description: '`username` and `password`, or `token`',
  },
  expect: {
    anyOf: [...status.anyOf, { type: 'array', items: status, minItems: 1 }],
    default: '2xx',
    description: 'Statuses that are no failure: 200, 2xx or a list of these',
  },
  response: {
    enum: ['auto', 'json', 'text', 'bytes', 'none'],
    default: 'auto',
    description: 'What `body` becomes: auto goes by the content type, bytes is base64, none is null',
  },
  'max-bytes': { type: 'integer', minimum: 0, default: 10_485_760, description: 'A larger response body is an error' },
  redirects: { type: 'integer', minimum: 0, default: 5, description: 'How many redirects are followed' },
} as const;

const sending = {
  body: { description: 'A mapping or list is sent as JSON, a string as it is' },
  json: { description: 'Sent as JSON, whatever it is' },
  form: {
    type: 'object',
    additionalProperties: { anyOf: [scalar, { type: 'array', items: scalar }] },
    description: 'Sent as a form (application/x-www-form-urlencoded)',
  },
} as const;

const response = {
  type: 'object',
  properties: {
    status: { type: 'integer', description: 'Status code' },
    headers: { type: 'object', description: 'Header fields, names in lower case' },
    body: { description: 'The body as `response` says' },
    url: { type: 'string', description: 'The address that answered, after redirects' },
    duration_ms: { type: 'number', description: 'Milliseconds until the body was read' },
    retry_after: { type: ['number', 'null'], description: 'Seconds that a Retry-After header asks to wait' },
  },
  required: ['status', 'headers', 'body', 'url', 'duration_ms', 'retry_after'],
} as const;

const request = defineAction({
  name: 'http.request',
  description: 'Sends an HTTP request; a status that is not expected is a failure whose result is the response',
  input: {
    type: 'object',
    properties: {
      method: { type: 'string', pattern: '^[A-Za-z]+$', default: 'GET', description: 'GET, POST, …' },
      ...common,
      ...sending,
    },
    required: ['url'],
    additionalProperties: false,
  },
  output: response,
  run: (input, { signal }) => sendRequest(input, signal),
});

const get = defineAction({
  name: 'http.get',
  description: 'Sends a GET request; a status that is not expected is a failure whose result is the response',
  input: { type: 'object', properties: common, required: ['url'], additionalProperties: false },
  output: response,
  run: (input, { signal }) => sendRequest({ ...input, method: 'GET' }, signal),
});

const senders = (['POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) =>
  defineAction({
    name: `http.${method.toLowerCase()}`,
    description: `Sends a ${method} request; a status that is not expected is a failure whose result is the response`,
    input: { type: 'object', properties: { ...common, ...sending }, required: ['url'], additionalProperties: false },
    output: response,
    run: (input, { signal }) => sendRequest({ ...input, method }, signal),
  }),
);

/** `http.*`: requests over connections that are kept open. */
export const httpActions: readonly Action[] = [request, get, ...senders];
