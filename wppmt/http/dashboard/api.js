// Calls to the gateway's API. The token lives in this tab's session storage and in a header, never in an address.

const KEPT = 'wppmt.token';
const CALL_MS = 100_000;
let token = sessionStorage.getItem(KEPT) ?? '';

/** A "no" of the gateway, in the form of docs/contract.md 6. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.error ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? '';
    this.details = body.details ?? [];
  }
}

/** Nobody answered. */
export class Unreachable extends Error {}

export const hasToken = () => token !== '';

export function keepToken(given) {
  token = given.trim().replace(/^Bearer\s+/i, '');
  sessionStorage.setItem(KEPT, token);
}

export function forgetToken() {
  token = '';
  sessionStorage.removeItem(KEPT);
}

/** What every request bears; the second one tells that it is not the tenant's. */
export const headers = () => ({ Authorization: `Bearer ${token}`, 'X-Wppmt-Dashboard': '1' });

async function request(method, path, body) {
  const options = { method, headers: headers(), cache: 'no-store', credentials: 'omit' };
  if (body) {
    options.body = JSON.stringify(body);
    options.headers['Content-Type'] = 'application/json';
  }
  try {
    return await fetch(path, { ...options, signal: AbortSignal.timeout(CALL_MS) });
  } catch {
    throw new Unreachable(path);
  }
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  return new Refused(response.status, body);
}

/** The answer's JSON. Throws Refused or Unreachable. */
export async function call(method, path, body) {
  const response = await request(method, path, body);
  if (!response.ok && !(path.startsWith('/api/health') && response.status === 503)) throw await refusal(response);
  return response.json();
}

export const get = (path) => call('GET', path);
export const post = (path, body) => call('POST', path, body);

/** A picture that needs the token, as an address that an <img> can show; give it back with URL.revokeObjectURL. */
export async function picture(path) {
  const response = await request('GET', path);
  if (!response.ok) throw await refusal(response);
  return URL.createObjectURL(await response.blob());
}

export const session = (id, rest = '') => `/api/sessions/${encodeURIComponent(id)}${rest}`;
export const adminSession = (id, rest = '') => `/api/admin/sessions/${encodeURIComponent(id)}${rest}`;
