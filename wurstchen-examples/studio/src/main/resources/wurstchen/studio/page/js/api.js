// The JSON API, as any other client uses it. /api/openapi.json describes it.

/** What the studio refused, with the HTTP status; 0 if it cannot be reached. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body, type = 'application/json') {
  let response;
  try {
    response = await fetch(path, { method, body, headers: body === undefined ? {} : { 'Content-Type': type } });
  } catch {
    throw new ApiError(0, 'The studio cannot be reached. Is it still running?');
  }
  if (response.ok) return response.status === 204 ? undefined : response.json();
  let message = `The studio answered ${response.status}.`;
  try {
    message = (await response.json()).error;
  } catch { /* No JSON: the status has to do. */ }
  throw new ApiError(response.status, message);
}

export const model = () => call('GET', '/api/model');
export const tokens = prompt => call('POST', '/api/tokens', JSON.stringify({ prompt }));
export const settingsOf = file => call('POST', '/api/settings', file, 'image/png');

export const draw = order => call('POST', '/api/pictures', JSON.stringify(order));
export const job = id => call('GET', `/api/pictures/${id}`);
export const cancel = id => call('DELETE', `/api/pictures/${id}`);
export const events = id => new EventSource(`/api/pictures/${id}/events`);
export const leave = id => navigator.sendBeacon(`/api/pictures/${id}/left`);

export const gallery = before => call('GET', `/api/gallery${before ? `?before=${encodeURIComponent(before)}` : ''}`);
export const remove = id => call('DELETE', `/api/gallery/${id}`);
