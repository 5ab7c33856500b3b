// The order as a form: fields have the names of the API, and an empty one means the model's default.
import * as api from './api.js';
import { el } from './dom.js';
import { ImageField } from './image.js';

const TOKENS_AFTER_MILLIS = 250;
const TEXTS = ['prompt', 'negative-prompt', 'seed', 'width', 'height', 'pictures', 'batch-size', 'stage-c-steps', 'stage-c-guidance',
  'stage-b-steps', 'stage-b-guidance', 'stage-c-timesteps', 'stage-b-timesteps', 'long-prompts'];
const CUSTOM = 'custom';

export class OrderForm {
  #form;
  #model;
  #fields = {};
  #size;
  #tokens = el('span', { id: 'tokens', className: 'soft' });
  #weights = el('input', { type: 'checkbox', id: 'prompt-weights' });
  #image;
  #timer;

  /** @param onDraw takes the order */
  constructor(form, model, onDraw) {
    this.#form = form;
    this.#model = model;
    this.#image = new ImageField(model);
    form.append(...this.#parts());
    form.addEventListener('submit', event => {
      event.preventDefault();
      onDraw(this.read());
    });
    this.#fields.prompt.addEventListener('input', () => this.#countLater());
    this.#countLater();
  }

  #parts() {
    const { defaults, limits } = this.#model;
    const steps = { type: 'number', min: 1, max: 1000, step: 1 };
    const guidance = { type: 'number', min: 0, max: 100, step: 'any' };
    return [
      this.#field('prompt', 'Prompt', el('textarea', { rows: 3, maxLength: limits['prompt-characters'], placeholder: 'a red apple on a blue background', 'aria-describedby': 'tokens' })),
      el('div', { className: 'counter' }, this.#tokens),
      this.#field('negative-prompt', 'Keep away from', el('textarea', { rows: 1, maxLength: limits['prompt-characters'] })),
      el('div', { className: 'two' }, this.#sizeField(), this.#field('pictures', 'Pictures', el('input', { type: 'number', min: 1, max: limits.pictures, placeholder: 1 }))),
      this.#customSize(),
      this.#field('seed', 'Seed', el('input', { inputMode: 'numeric', pattern: '\\s*-?[0-9]{1,20}\\s*', placeholder: 'random', title: 'A whole number of 64 bits' })),
      ...(this.#model.image ? [this.#image.element] : []),
      el('details', {}, el('summary', {}, 'Steps, guidance and more'),
        el('div', { className: 'two' },
          this.#field('stage-c-steps', 'Stage C steps', el('input', { ...steps, placeholder: defaults['stage-c-steps'] })),
          this.#field('stage-c-guidance', 'Stage C guidance', el('input', { ...guidance, placeholder: defaults['stage-c-guidance'] }))),
        el('div', { className: 'two' },
          this.#field('stage-b-steps', 'Stage B steps', el('input', { ...steps, placeholder: defaults['stage-b-steps'] })),
          this.#field('stage-b-guidance', 'Stage B guidance', el('input', { ...guidance, placeholder: defaults['stage-b-guidance'] }))),
        el('div', { className: 'two' },
          this.#field('batch-size', 'Pictures at a time', el('input', { type: 'number', min: 1, max: limits.pictures, placeholder: 1 })),
          this.#field('long-prompts', 'Prompts that are too long', el('select', {},
            el('option', { value: '' }, 'are cut'), el('option', { value: 'windows' }, 'are read in windows'), el('option', { value: 'refuse' }, 'are refused')))),
        el('div', {}, el('label', { className: 'inline' }, this.#weights, 'Brackets weigh words, as in (red:1.3)')),
        this.#field('stage-c-timesteps', 'Stage C noise ratios', el('input', { placeholder: 'evenly spaced, or such as 1, 0.6, 0.3, 0' })),
        this.#field('stage-b-timesteps', 'Stage B noise ratios', el('input', { placeholder: 'evenly spaced' }))),
      el('div', { className: 'actions' },
        el('button', { type: 'submit', className: 'primary', id: 'draw' }, 'Draw ', el('kbd', {}, 'Ctrl ↵')),
        el('button', { type: 'button', className: 'quiet', onclick: () => this.write({}) }, 'Clear')),
    ];
  }

  #field(name, label, input) {
    input.id = name;
    this.#fields[name] = input;
    return el('div', {}, el('label', { for: name }, label), input);
  }

  #sizeField() {
    const { sizes, defaults } = this.#model;
    const options = sizes.map(({ width, height }) => el('option', { value: `${width}x${height}` }, `${width} × ${height}`));
    this.#size = el('select', { id: 'size' }, el('option', { value: '' }, `${defaults.width} × ${defaults.height}`),
      ...options.filter(option => option.value !== `${defaults.width}x${defaults.height}`), el('option', { value: CUSTOM }, 'another …'));
    this.#size.addEventListener('change', () => this.#sizeChosen());
    return el('div', {}, el('label', { for: 'size' }, 'Size'), this.#size);
  }

  #customSize() {
    const { sides } = this.#model;
    const side = { type: 'number', min: sides[0], max: sides.at(-1), step: sides[0], list: 'sides' };
    return el('div', { className: 'two', id: 'custom-size', hidden: true },
      this.#field('width', 'Width in px', el('input', side)), this.#field('height', 'Height in px', el('input', side)),
      el('datalist', { id: 'sides' }, ...sides.map(px => el('option', { value: px }))));
  }

  #sizeChosen() {
    const custom = this.#size.value === CUSTOM;
    this.#form.querySelector('#custom-size').hidden = !custom;
    const [width, height] = custom || !this.#size.value ? ['', ''] : this.#size.value.split('x');
    if (!custom) Object.assign(this.#fields.width, { value: width });
    if (!custom) Object.assign(this.#fields.height, { value: height });
  }

  #countLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#count(), TOKENS_AFTER_MILLIS);
  }

  async #count() {
    try {
      const { tokens, most } = await api.tokens(this.#fields.prompt.value);
      this.#tokens.textContent = `${tokens} of ${most} tokens`;
      this.#tokens.classList.toggle('over', tokens > most);
    } catch {
      this.#tokens.textContent = '';
    }
  }

  /** The order as the API takes it. */
  read() {
    const order = {};
    for (const name of TEXTS) {
      const value = this.#fields[name].value.trim();
      if (value) order[name] = value;
    }
    order.prompt ??= '';
    if (this.#weights.checked) order['prompt-weights'] = true;
    return { ...order, ...this.#image.read() };
  }

  /** Fills the form with settings: an order, or a picture's metadata. */
  write(settings) {
    const { defaults } = this.#model;
    for (const name of TEXTS) {
      const value = settings[name];
      const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
      this.#fields[name].value = text === String(defaults[name]) ? '' : text;
    }
    this.#weights.checked = String(settings['prompt-weights']) === 'true';
    this.#writeSize(settings);
    this.#image.write(settings);
    this.#countLater();
  }

  #writeSize({ width, height }) {
    const { defaults } = this.#model;
    const usual = !width || (Number(width) === defaults.width && Number(height) === defaults.height);
    const value = usual ? '' : `${width}x${height}`;
    const known = [...this.#size.options].some(option => option.value === value);
    this.#size.value = known ? value : CUSTOM;
    this.#form.querySelector('#custom-size').hidden = known;
    this.#fields.width.value = usual ? '' : width;
    this.#fields.height.value = usual ? '' : height;
  }

  get image() {
    return this.#image;
  }

  prompt(text) {
    this.#fields.prompt.value = text;
    this.#countLater();
  }

  submit() {
    this.#form.requestSubmit();
  }
}
