// Watches one job: by events while it is drawn, by asking while it waits or no stream is free.
import * as api from './api.js';
import { takeSlot } from './slots.js';

const ASK_MILLIS = 500;
const RETRY_MILLIS = 1000;
const ENDS = ['done', 'cancelled', 'failed', 'lost'];

export const hasEnded = state => ENDS.includes(state.state);

/**
 * Calls back until the job has ended.
 * @param first what is known of the job
 * @param onState takes states; the last one is done, cancelled, failed, or lost if the studio does not know the job any more
 * @param onPreview takes previews
 * @param onTrouble is called with true when the studio cannot be reached, and with false when it can again
 */
export async function watch(first, onState, onPreview, onTrouble) {
  let state = first;
  onState(state);
  while (!hasEnded(state)) {
    if (state.place === 0) {
      const release = await takeSlot();
      if (release) {
        state = await stream(state, onState, onPreview);
        release();
        if (hasEnded(state)) return;
      }
    }
    await sleep(ASK_MILLIS);
    state = await ask(state, onTrouble);
    onState(state);
  }
}

function stream(state, onState, onPreview) {
  let last = state;
  return new Promise(resolve => {
    const source = api.events(state.id);
    const close = () => {
      source.close();
      resolve(last);
    };
    source.addEventListener('state', event => {
      last = JSON.parse(event.data);
      onState(last);
      if (hasEnded(last)) close();
    });
    source.addEventListener('preview', event => onPreview(JSON.parse(event.data)));
    source.addEventListener('error', close);
  });
}

async function ask(state, onTrouble) {
  for (let trouble = false; ; trouble = true) {
    try {
      const now = await api.job(state.id);
      if (trouble) onTrouble(false);
      return now;
    } catch (failure) {
      if (failure.status === 404) {
        if (trouble) onTrouble(false);
        return { ...state, state: 'lost', message: 'The studio was started anew before this was finished.' };
      }
      onTrouble(true);
      await sleep(RETRY_MILLIS);
    }
  }
}

const sleep = millis => new Promise(resolve => { setTimeout(resolve, millis); });
