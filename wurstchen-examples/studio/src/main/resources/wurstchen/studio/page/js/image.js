// The picture to begin with: a file, a picture of the gallery, or one that the studio kept under its hash; with strength, fit and mask.
import { el, shown } from './dom.js';
import { paintMask } from './mask.js';

const USUAL_STRENGTH = 0.6;

export class ImageField {
  #image;
  #mask;
  #chooser = el('input', { type: 'file', accept: 'image/*', hidden: true, id: 'image-file' });
  #strength = el('input', { type: 'range', min: 0, max: 1, step: 0.05, id: 'strength' });
  #strengthText = el('output', { className: 'soft' });
  #fit = el('select', { id: 'fit' }, el('option', { value: '' }, 'crop'), el('option', { value: 'pad' }, 'pad'), el('option', { value: 'stretch' }, 'stretch'));
  #place = el('div', {});
  #most;
  element;

  constructor(model) {
    this.#most = Math.floor(model.limits['body-bytes'] * 0.7);
    this.#chooser.addEventListener('change', () => this.#chosen());
    this.#strength.addEventListener('input', () => this.#showStrength());
    this.element = el('fieldset', {}, el('legend', {}, 'Begin with a picture'), this.#chooser, this.#place);
    this.#show();
  }

  #chosen() {
    const [file] = this.#chooser.files;
    this.#chooser.value = '';
    if (file) shown(() => this.useFile(file));
  }

  /** Begins with a file. */
  async useFile(file) {
    if (file.size > this.#most) {
      throw new Error(`${file.name} has ${Math.round(file.size / 1e6)} MB; at most ${Math.round(this.#most / 1e6)} MB are taken.`);
    }
    const url = await readUrl(file);
    await loaded(url).catch(() => { throw new Error(`${file.name} is no picture that this browser can show.`); });
    this.#set({ data: url.slice(url.indexOf(',') + 1) }, url, USUAL_STRENGTH);
  }

  /** Begins with a picture of the gallery. */
  usePicture(picture) {
    this.#set({ picture: picture.id }, picture.url, USUAL_STRENGTH);
  }

  #set(from, url, strength) {
    this.#image = { from, url };
    this.#mask = undefined;
    this.#strength.value = strength;
    this.#show();
  }

  read() {
    if (!this.#image) return {};
    const order = { image: this.#image.from, strength: Number(this.#strength.value) };
    if (this.#fit.value) order.fit = this.#fit.value;
    if (this.#mask) order.mask = this.#mask.from;
    return order;
  }

  write(settings) {
    const sha256 = settings['image-sha256'];
    this.#image = settings.image ? { from: settings.image } : sha256 ? { from: { sha256 } } : undefined;
    this.#mask = settings.mask ? { from: settings.mask } : settings['mask-sha256'] ? { from: { sha256: settings['mask-sha256'] } } : undefined;
    this.#strength.value = settings.strength ?? USUAL_STRENGTH;
    this.#fit.value = settings.fit && settings.fit !== 'crop' ? settings.fit : '';
    this.#show();
  }

  #show() {
    this.#showStrength();
    if (!this.#image) {
      this.#place.replaceChildren(this.#drop());
      return;
    }
    const { url } = this.#image;
    const thumb = el('div', { className: 'thumb' },
      url ? el('img', { src: url, alt: 'The picture to begin with' }) : el('span', { className: 'soft' }, 'kept by the studio'),
      this.#mask?.url ? el('img', { className: 'veil', src: this.#mask.url, alt: 'The mask' }) : null);
    const remove = () => { this.#image = undefined; this.#mask = undefined; this.#show(); };
    this.#place.replaceChildren(el('div', { className: 'image' }, thumb, el('div', {},
      el('label', { for: 'strength' }, 'Strength ', this.#strengthText), this.#strength,
      el('label', { for: 'fit' }, 'Another shape'), this.#fit,
      el('div', { className: 'row' },
        url ? el('button', { type: 'button', id: 'paint-mask', onclick: () => this.paint() }, this.#mask ? 'Change mask' : 'Paint a mask') : null,
        el('button', { type: 'button', className: 'quiet', onclick: remove }, 'Remove')))));
  }

  #showStrength() {
    this.#strengthText.textContent = Number(this.#strength.value).toFixed(2);
  }

  #drop() {
    const drop = el('button', { type: 'button', className: 'drop', id: 'drop', onclick: () => this.#chooser.click() }, 'Drop a picture here, or choose a file');
    drop.addEventListener('dragover', event => { event.preventDefault(); drop.classList.add('over'); });
    drop.addEventListener('dragleave', () => drop.classList.remove('over'));
    drop.addEventListener('drop', event => {
      event.preventDefault();
      event.stopPropagation();
      dispatchEvent(new Event('dropped'));
      const [file] = event.dataTransfer.files;
      if (file) shown(() => this.useFile(file));
    });
    return drop;
  }

  /** Lets the user paint what is drawn anew. */
  async paint() {
    const mask = await paintMask(this.#image.url, this.#mask?.url);
    if (mask === undefined) return;
    this.#mask = mask ? { from: { data: mask.slice(mask.indexOf(',') + 1) }, url: mask } : undefined;
    this.#strength.value = this.#mask ? 1 : USUAL_STRENGTH;
    this.#show();
  }
}

function readUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}

function loaded(url) {
  const image = new Image();
  image.src = url;
  return image.decode();
}
