// The cascade as a picture: prompt → Stage C → Stage B → Stage A, each with what it holds right now.
import { el } from './dom.js';

const STAGES = ['text', 'stage-c', 'stage-b', 'stage-a'];
const NAMES = { text: 'Prompt', 'stage-c': 'Stage C', 'stage-b': 'Stage B', 'stage-a': 'Stage A' };
const MOST_WORDS = 14;

export class Cascade {
  #cards = {};
  #model;
  element;

  constructor(model) {
    this.#model = model;
    this.element = el('ol', { className: 'cascade', 'aria-label': 'The cascade' }, ...STAGES.map(stage => this.#card(stage)));
  }

  #card(stage) {
    const card = {
      shape: el('span', { className: 'shape' }),
      box: el('div', { className: 'box' }),
      bar: el('progress', { max: 1, value: 0, 'aria-label': `${NAMES[stage]}, steps` }),
    };
    card.item = el('li', { className: stage },
      el('div', { className: 'name' }, el('span', {}, NAMES[stage]), el('span', { className: 'mark' })), card.shape, card.box, card.bar);
    this.#cards[stage] = card;
    return card.item;
  }

  /** Shows the shapes that a size has, and the prompt's words. */
  begin(order) {
    const { defaults, geometry } = this.#model;
    const width = Number(order.width ?? defaults.width);
    const height = Number(order.height ?? defaults.height);
    const c = px => Math.ceil(px / geometry['stage-c-px']);
    const b = px => Math.floor(c(px) * geometry['stage-b-scale']);
    this.#cards['stage-c'].shape.textContent = `${geometry['stage-c-channels']} × ${c(height)} × ${c(width)}`;
    this.#cards['stage-b'].shape.textContent = `${geometry['stage-b-channels']} × ${b(height)} × ${b(width)}`;
    this.#cards['stage-a'].shape.textContent = `${width} × ${height} px`;
    const words = (order.prompt ?? '').split(/\s+/u).filter(word => word);
    this.#cards.text.shape.textContent = words.length === 1 ? '1 word' : `${words.length} words`;
    const chips = words.slice(0, MOST_WORDS).map(word => el('span', {}, word));
    if (words.length > MOST_WORDS) chips.push(el('span', {}, '…'));
    this.#cards.text.box.replaceChildren(el('div', { className: 'words' }, ...chips));
    for (const stage of STAGES.slice(1)) this.#cards[stage].box.replaceChildren();
    this.#mark(-1, 0);
  }

  /** Shows how far a job is. */
  show(state) {
    const ended = state.state === 'done';
    const at = ended ? STAGES.length : STAGES.indexOf(state.stage ?? '');
    this.#mark(at, state.steps ? state.step / state.steps : 0);
    if (ended && state.finished.length > 0) this.#picture('stage-a', state.finished.at(-1).url, '');
  }

  preview(preview) {
    this.#picture(preview.stage, preview.previews[0], 'cells');
  }

  #picture(stage, url, className) {
    const { box } = this.#cards[stage];
    const image = box.querySelector('img') ?? el('img', { alt: '' });
    image.className = className;
    image.src = url;
    if (!image.parentNode) box.replaceChildren(image);
  }

  #mark(at, share) {
    STAGES.forEach((stage, i) => {
      const { item, bar } = this.#cards[stage];
      item.classList.toggle('now', i === at);
      item.classList.toggle('done', i < at);
      bar.value = i < at ? 1 : i === at ? share : 0;
      if (i === at) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    });
  }
}
