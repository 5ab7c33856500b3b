// The middle of the page: the cascade, the picture that is being drawn, its status, and what waits behind it.
import { Cascade } from './cascade.js';
import { el } from './dom.js';
import { hasEnded } from './watch.js';

const EXAMPLES = ['a red apple on a blue background', 'an octopus, noto style, on a lime background', 'a rocket', 'a unicorn, flat style, on a purple background'];

export class Drawing {
  #cascade;
  #canvas = el('div', { className: 'canvas' });
  #text = el('p', { id: 'status' });
  #said = el('p', { className: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  #bar = el('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Progress of the job' });
  #cancel = el('button', { type: 'button', id: 'cancel', hidden: true }, 'Cancel ', el('kbd', {}, 'Esc'));
  #waiting = el('ul', { className: 'waiting', 'aria-label': 'Waiting jobs' });
  #shown;
  #previews = [];
  #actions;

  /** @param actions has cancel(job), open(picture), draw(order) and example(prompt) */
  constructor(element, model, actions) {
    this.#actions = actions;
    this.#cascade = new Cascade(model);
    this.#cancel.addEventListener('click', () => this.cancel());
    element.append(
      this.#cascade.element, this.#canvas,
      el('div', { className: 'status' }, this.#text, this.#cancel, this.#bar), this.#waiting, this.#said);
    this.#cascade.begin({});
    this.#welcome();
  }

  #welcome() {
    const button = prompt => el('button', { type: 'button', onclick: () => this.#actions.example(prompt) }, prompt);
    this.#canvas.replaceChildren(el('div', { className: 'empty' },
      el('p', {}, 'Write a prompt and draw, or begin with one of these:'), el('div', { className: 'examples' }, ...EXAMPLES.map(button))));
  }

  /** Cancels what is shown. */
  cancel() {
    if (this.#shown && !hasEnded(this.#shown.state)) {
      this.#text.textContent = 'Cancelling …';
      this.#actions.cancel(this.#shown);
    }
  }

  /** Shows the first job that has not ended, and lists the others. */
  show(jobs) {
    const open = jobs.filter(job => !hasEnded(job.state));
    const job = open[0] ?? jobs.at(-1);
    if (!job) return;
    if (job !== this.#shown) this.#begin(job);
    this.#state(job.state);
    this.#list(open.slice(1));
  }

  #begin(job) {
    this.#shown = job;
    this.#previews = [];
    this.#cascade.begin(job.order);
    this.#canvas.replaceChildren();
    this.#canvas.classList.toggle('many', job.state.pictures > 1);
  }

  #state(state) {
    this.#cascade.show(state);
    this.#canvas.classList.toggle('many', state.pictures > 1);
    this.#bar.value = state.progress;
    this.#bar.hidden = hasEnded(state);
    this.#cancel.hidden = hasEnded(state);
    this.#text.textContent = statusOf(state);
    const said = hasEnded(state) || !state.stage ? statusOf(state) : `Drawing, ${state.stage.replace('-', ' ')}`;
    if (this.#said.textContent !== said) this.#said.textContent = said;
    this.#pictures(state);
  }

  preview(job, preview) {
    if (job !== this.#shown) return;
    preview.previews.forEach((url, i) => { this.#previews[preview.picture + i] = url; });
    this.#cascade.preview(preview);
    this.#pictures(job.state);
  }

  #pictures(state) {
    for (let i = 0; i < state.pictures; i++) {
      const finished = state.finished[i];
      const url = finished?.url ?? (hasEnded(state) ? undefined : this.#previews[i]);
      if (url) this.#picture(i, url, finished);
      else if (hasEnded(state)) this.#canvas.querySelector(`[data-index="${i}"]`)?.remove();
    }
    if (hasEnded(state) && state.finished.length === 0) {
      const again = el('button', { type: 'button', onclick: () => this.#actions.draw(this.#shown.order) }, 'Draw it again');
      this.#canvas.replaceChildren(el('div', { className: 'empty' }, el('p', {}, statusOf(state)), again));
    }
  }

  #picture(i, url, finished) {
    let image = this.#canvas.querySelector(`[data-index="${i}"] img`);
    if (!image) {
      image = el('img', {});
      const open = el('button', { type: 'button', disabled: true }, image);
      this.#canvas.append(el('figure', { 'data-index': i }, open));
    }
    if (image.getAttribute('src') !== url) image.src = url;
    image.className = finished ? 'finished' : 'preview';
    image.alt = finished ? finished.settings.prompt || 'A finished picture' : 'Preview of the picture';
    if (finished && image.parentNode.disabled) {
      image.parentNode.disabled = false;
      image.parentNode.setAttribute('aria-label', `Open: ${image.alt}`);
      image.parentNode.addEventListener('click', () => this.#actions.open(finished));
    }
  }

  #list(jobs) {
    this.#waiting.replaceChildren(...jobs.map(job => el('li', {},
      el('span', {}, `${job.order.prompt || 'without a prompt'} – ${placeOf(job.state)}`),
      el('button', { type: 'button', className: 'quiet', onclick: () => this.#actions.cancel(job) }, 'Cancel'))));
  }

  trouble(isTrouble) {
    if (isTrouble) this.#text.textContent = 'The studio cannot be reached. Trying again …';
  }
}

const placeOf = state => (state.place === 1 ? 'next' : `${state.place} jobs before it`);

function statusOf(state) {
  switch (state.state) {
    case 'waiting': return state.place > 0 ? `Waiting: ${placeOf(state)}` : 'Waiting …';
    case 'drawing': return drawingText(state);
    case 'done': return state.message ? `Done; ${state.message}` : 'Done';
    case 'cancelled': return 'Cancelled';
    default: return state.message || 'Failed';
  }
}

function drawingText(state) {
  const stage = { text: 'Reading the prompt', 'stage-c': 'Stage C', 'stage-b': 'Stage B', 'stage-a': 'Stage A' }[state.stage];
  const steps = state.steps ? `, step ${state.step} of ${state.steps}` : '';
  const picture = state.pictures > 1 ? `Picture ${state.picture + 1} of ${state.pictures}: ` : '';
  const seconds = state['seconds-left'];
  return `${picture}${stage}${steps}${seconds === undefined ? '' : ` – ${duration(seconds)} left`}`;
}

function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
