// The jobs of this tab. They survive a reload: their ids, and the orders to draw them again, are in the session's storage.
import * as api from './api.js';
import { hasEnded, watch } from './watch.js';

const STORED = 'wurstchen-jobs';

export class Jobs {
  #jobs = [];
  #listener;

  /** @param listener has changed(jobs), preview(job, preview), ended(job) and trouble(isTrouble) */
  constructor(listener) {
    this.#listener = listener;
    addEventListener('pagehide', () => this.open().forEach(job => api.leave(job.id)));
  }

  open() {
    return this.#jobs.filter(job => !hasEnded(job.state));
  }

  /** Sends an order. */
  async draw(order) {
    const state = await api.draw({ ...order, 'cancel-when-left': true });
    return this.#add({ id: state.id, order, state });
  }

  /** Goes on with what was drawn before a reload. */
  resume() {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');
    for (const { id, order } of stored) {
      this.#add({ id, order, state: { id, state: 'waiting', place: 0, pictures: 1, finished: [], progress: 0, message: '' } });
    }
  }

  cancel(job) {
    return api.cancel(job.id);
  }

  #add(job) {
    this.#jobs.push(job);
    this.#store();
    watch(
      job.state,
      state => this.#state(job, state),
      preview => this.#listener.preview(job, preview),
      trouble => this.#listener.trouble(trouble));
    return job;
  }

  #state(job, state) {
    job.state = state;
    this.#listener.changed(this.#jobs);
    if (hasEnded(state)) {
      this.#jobs = this.#jobs.filter(other => other !== job);
      this.#store();
      this.#listener.ended(job);
    }
  }

  #store() {
    const stored = this.#jobs.map(({ id, order }) => ({ id, order: withoutData(order) }));
    sessionStorage.setItem(STORED, JSON.stringify(stored));
  }
}

/** Files are too large for the session's storage. */
function withoutData(order) {
  const { image, mask, ...rest } = order;
  return image?.data || mask?.data ? rest : order;
}
