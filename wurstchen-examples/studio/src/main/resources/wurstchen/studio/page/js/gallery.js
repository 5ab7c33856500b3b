// Finished pictures: tiles, of which some can be chosen, and more of them on demand. Other tabs hear of changes.
import * as api from './api.js';
import { el, shown, toast } from './dom.js';

export class Gallery {
  #pictures = [];
  #chosen = new Set();
  #size = 0;
  #list = el('ul', { className: 'tiles' });
  #title = el('h2', {}, 'Gallery');
  #bar = el('div', { className: 'row' });
  #more = el('button', { type: 'button', className: 'more', hidden: true, onclick: () => this.#loadMore() }, 'Show more');
  #empty = el('p', { className: 'soft', hidden: true }, 'Finished pictures are kept here, also when the studio is started anew.');
  #channel = new BroadcastChannel('wurstchen-gallery');
  #actions;

  /** @param actions has open(picture), vary(picture) and blend(first, last) */
  constructor(element, actions) {
    this.#actions = actions;
    element.append(el('div', { className: 'row' }, this.#title, this.#bar), this.#empty, this.#list, this.#more);
    this.#channel.addEventListener('message', () => this.load());
    addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') this.load(); });
    this.#list.addEventListener('keydown', event => this.#key(event));
  }

  /** Reads the newest pictures. */
  async load() {
    const page = await shown(() => api.gallery());
    if (!page) return;
    this.#pictures = page.pictures;
    this.#size = page.size;
    this.#show();
  }

  async #loadMore() {
    const page = await shown(() => api.gallery(this.#pictures.at(-1)?.id));
    if (!page) return;
    this.#pictures.push(...page.pictures);
    this.#show();
  }

  /** Takes a picture that was just finished. */
  async added() {
    this.#channel.postMessage('changed');
    await this.load();
  }

  async remove(pictures) {
    for (const picture of pictures) await shown(() => api.remove(picture.id));
    toast(pictures.length === 1 ? 'Deleted.' : `${pictures.length} pictures deleted.`);
    this.#chosen.clear();
    await this.added();
  }

  /** The picture beside another one: 1 for the next, -1 for the one before. */
  beside(picture, by) {
    return this.#pictures[this.#pictures.findIndex(other => other.id === picture.id) + by];
  }

  #show() {
    const ids = new Set(this.#pictures.map(picture => picture.id));
    for (const id of this.#chosen) if (!ids.has(id)) this.#chosen.delete(id);
    this.#title.textContent = this.#size ? `Gallery (${this.#size})` : 'Gallery';
    this.#empty.hidden = this.#size > 0;
    this.#more.hidden = this.#pictures.length >= this.#size;
    const focused = document.activeElement?.closest?.('.tiles li')?.dataset.id;
    const old = new Map([...this.#list.children].map(tile => [tile.dataset.id, tile]));
    this.#list.replaceChildren(...this.#pictures.map(picture => old.get(picture.id) ?? this.#tile(picture)));
    if (focused) this.#list.querySelector(`[data-id="${CSS.escape(focused)}"] .open`)?.focus();
    this.#showChosen();
  }

  #tile(picture) {
    const what = picture.settings.prompt || 'without a prompt';
    const choose = el('input', { type: 'checkbox', 'aria-label': `Choose: ${what}`, onchange: () => this.#choose(picture, choose.checked) });
    return el('li', { 'data-id': picture.id },
      el('button', { type: 'button', className: 'open', title: what, onclick: () => this.#actions.open(picture) },
        el('img', { src: picture.url, alt: '', loading: 'lazy', width: picture.settings.width, height: picture.settings.height }),
        el('span', { className: 'what' }, what)),
      el('span', { className: 'choose' }, choose));
  }

  #choose(picture, isChosen) {
    if (isChosen) this.#chosen.add(picture.id);
    else this.#chosen.delete(picture.id);
    this.#showChosen();
  }

  #showChosen() {
    const chosen = this.#pictures.filter(picture => this.#chosen.has(picture.id));
    this.#list.classList.toggle('choosing', chosen.length > 0);
    for (const tile of this.#list.children) {
      tile.classList.toggle('chosen', this.#chosen.has(tile.dataset.id));
      tile.querySelector('input').checked = this.#chosen.has(tile.dataset.id);
    }
    const button = (id, text, onclick) => el('button', { type: 'button', id, onclick }, text);
    const clear = () => { this.#chosen.clear(); this.#showChosen(); };
    // In the order in which they were chosen.
    const ends = [...this.#chosen].map(id => chosen.find(picture => picture.id === id));
    this.#bar.replaceChildren(...(chosen.length === 0 ? [el('span', { className: 'soft' }, 'Choose two pictures to blend them')] : [
      chosen.length === 1 ? button('vary', 'Variations', () => this.#actions.vary(chosen[0])) : null,
      chosen.length === 2 ? button('blend', 'Blend', () => { clear(); this.#actions.blend(...ends); }) : null,
      button('delete-chosen', `Delete ${chosen.length}`, () => this.remove(chosen)),
      button('clear-chosen', 'Choose none', clear),
    ].filter(part => part)));
  }

  #key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const tile = event.target.closest('li');
    const next = by === 1 ? tile?.nextElementSibling : by === -1 ? tile?.previousElementSibling : undefined;
    if (next) {
      next.querySelector('.open').focus();
      event.preventDefault();
    }
  }
}
