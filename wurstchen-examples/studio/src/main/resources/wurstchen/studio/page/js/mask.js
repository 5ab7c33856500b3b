// A window in which a mask is painted over a picture: by mouse, finger or pen, or by the arrow keys and the space bar.
import { el } from './dom.js';

const LONGEST_SIDE = 1024;
const STEP_PX = 12;

/** Resolves to the mask as a PNG's URL (light where to paint), to null for no mask, or to undefined if nothing was changed. */
export async function paintMask(url, oldUrl) {
  const image = el('img', { src: url, alt: 'The picture under the mask' });
  await image.decode();
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = el('canvas', {
    width: Math.round(image.naturalWidth * scale), height: Math.round(image.naturalHeight * scale), tabIndex: 0, role: 'img',
    'aria-label': 'Mask. The arrow keys move the brush, the space bar paints.',
  });
  const brush = el('input', { type: 'range', min: 2, max: 40, value: 12, id: 'brush' });
  const painter = new Painter(canvas, brush);
  if (oldUrl) await painter.load(oldUrl);
  return new Promise(resolve => {
    const end = result => { dialog.close(); dialog.remove(); resolve(result); };
    const dialog = el('dialog', { 'aria-label': 'Paint a mask', oncancel: () => end(undefined) },
      el('h2', {}, 'Paint over what should be drawn anew'),
      el('div', { className: 'painting' }, image, canvas),
      el('label', { for: 'brush' }, 'Brush'), brush,
      el('div', { className: 'row' },
        el('button', { type: 'button', className: 'primary', id: 'mask-done', onclick: () => end(painter.isEmpty() ? null : painter.url()) }, 'Use the mask'),
        el('button', { type: 'button', onclick: () => painter.clear() }, 'Clear'),
        el('button', { type: 'button', onclick: () => painter.all() }, 'Everything'),
        el('button', { type: 'button', className: 'quiet', onclick: () => end(undefined) }, 'Cancel')));
    document.body.append(dialog);
    dialog.showModal();
    canvas.focus();
  });
}

class Painter {
  #canvas;
  #brush;
  #context;
  #last;

  constructor(canvas, brush) {
    this.#canvas = canvas;
    this.#brush = brush;
    this.#context = canvas.getContext('2d', { willReadFrequently: true });
    this.clear();
    canvas.addEventListener('pointerdown', event => { canvas.setPointerCapture(event.pointerId); this.#last = undefined; this.#to(this.#place(event)); });
    canvas.addEventListener('pointermove', event => { if (event.buttons) this.#to(this.#place(event)); });
    canvas.addEventListener('keydown', event => this.#key(event));
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) * this.#canvas.width / box.width, y: (event.clientY - box.top) * this.#canvas.height / box.height };
  }

  #key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const from = this.#last ?? { x: this.#canvas.width / 2, y: this.#canvas.height / 2 };
    if (moves[event.key]) {
      const [x, y] = moves[event.key];
      this.#last = { x: clamp(from.x + x * STEP_PX, this.#canvas.width), y: clamp(from.y + y * STEP_PX, this.#canvas.height) };
    } else if (event.key === ' ') {
      this.#last = undefined;
      this.#to(from);
    } else {
      return;
    }
    event.preventDefault();
  }

  #to(place) {
    const context = this.#context;
    context.strokeStyle = '#fff';
    context.lineCap = 'round';
    context.lineWidth = this.#brush.value / 100 * Math.max(this.#canvas.width, this.#canvas.height);
    context.beginPath();
    context.moveTo(this.#last?.x ?? place.x, this.#last?.y ?? place.y);
    context.lineTo(place.x, place.y);
    context.stroke();
    this.#last = place;
  }

  async load(url) {
    const old = new Image();
    old.src = url;
    await old.decode();
    this.#context.drawImage(old, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  clear() {
    this.#fill('#000');
  }

  all() {
    this.#fill('#fff');
  }

  #fill(colour) {
    this.#context.fillStyle = colour;
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  isEmpty() {
    const { data } = this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
    for (let i = 0; i < data.length; i += 4) if (data[i] > 127) return false;
    return true;
  }

  url() {
    return this.#canvas.toDataURL('image/png');
  }
}

const clamp = (value, most) => Math.min(most, Math.max(0, value));
